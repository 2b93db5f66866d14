"""What doing nothing would have brought: equal parts of the cash in every coin, held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from domain.instant import CANDLE

if TYPE_CHECKING:
    from domain.market.candle_series import CandleSeries, FloatArray, IntArray
    from entrypoints.backtest.finished import FinishedRun


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class BuyAndHold:
    """JPY at each point of the run's equity curve, and the gain of each coin by pair (%).

    Costs nothing to buy. A coin that has no candle yet at the first tick is bought at its first
    close; until then its part is cash.
    """

    equity: FloatArray
    gain_pct: dict[str, float | None]


def buy_and_hold(run: FinishedRun) -> BuyAndHold:
    """Follow the coins of a run in JPY, the yen rate included."""
    at = run.curve.at
    pairs = [pair for pair in run.instruments.pairs if len(run.series.get(pair, ()))]
    equity = np.zeros(len(at))
    gains: dict[str, float | None] = {}
    part = run.cash / len(pairs) if pairs else 0.0
    for pair in pairs:
        grown = _growth(run, run.series[pair], at)
        equity += part * grown
        gains[pair] = (float(grown[-1]) - 1) * 100 if len(at) else None
    if not pairs:
        equity += run.cash
    return BuyAndHold(equity, gains)


def _growth(run: FinishedRun, series: CandleSeries, at: IntArray) -> FloatArray:
    """Value in JPY of what 1 JPY bought at the first tick; 1 until it could buy."""
    known = series.open_time + CANDLE
    bought_at = max(run.start, int(known[0]))
    newest = int(np.searchsorted(known, bought_at, side="right")) - 1
    paid = float(series.close[newest]) * float(yen_at(run, np.array([bought_at]))[0])
    seen = np.searchsorted(known, at, side="right") - 1
    worth = series.close[np.maximum(seen, 0)] * run.yen
    grown: FloatArray = np.where((at < bought_at) | (paid <= 0), 1.0, worth / (paid or 1.0))
    return grown


def yen_at(run: FinishedRun, moments: IntArray) -> FloatArray:
    """JPY for one USDT at moments (ms): between two known hours on the straight line."""
    if not len(run.yen):
        return np.ones(len(moments))
    return np.interp(moments, run.curve.at, run.yen)
