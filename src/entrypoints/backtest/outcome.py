"""What a run came to: return, risk, trades and costs, beside doing nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from domain.instant import DAY, iso
from entrypoints.backtest.buy_and_hold import buy_and_hold, yen_at
from entrypoints.backtest.outcome_tables import coin_table, hours_held, mean_of, trade_table
from entrypoints.backtest.risk_figures import (
    growth_a_year,
    max_drawdown,
    sharpe_ratio,
    sortino_ratio,
)

if TYPE_CHECKING:
    import pandas as pd

    from domain.market.candle_series import FloatArray
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.round_trip import RoundTrip
    from entrypoints.backtest.trades import TradeBook

DAYS_A_YEAR = 365
ENOUGH_DAYS = 14
"""Figures for a whole year say nothing about a run shorter than this."""


@attrs.frozen(slots=True, weakref_slot=False, eq=False, kw_only=True)
class Outcome:
    """Key figures. JPY, % or plain ratios; None where a figure is not defined, never NaN.

    `max_drawdown_pct` is negative or 0, from the hourly curve. `sharpe` and `sortino` are from
    daily returns (UTC days, 365 a year, no risk-free rate); they and `cagr_pct` need 14 days.
    `win_rate_pct` counts gain > 0, its interval is Wilson's at 95 %. `exposure_pct` is the share
    of time with an open position, `invested_pct` the mean share of the account in coins.
    `profit_factor` is None without a losing trade. `spread` and `slippage` are what fills cost
    against the middle of the quotes; `turnover` is JPY bought plus JPY sold. `unrealised` is the
    gain of the positions still open, at the last prices. `coins` has a row per pair and `trades`
    one per round trip. `hold_equity` follows the hours of the run's curve.
    """

    days: float
    cash: float
    equity: float
    gain: float
    return_pct: float
    cagr_pct: float | None
    max_drawdown_pct: float
    sharpe: float | None
    sortino: float | None
    profit_factor: float | None
    trades_closed: int
    trades_open: int
    wins: int
    win_rate_pct: float | None
    win_rate_low_pct: float | None
    win_rate_high_pct: float | None
    mean_gain_pct: float | None
    mean_hold_h: float | None
    realised: float
    unrealised: float
    exposure_pct: float
    invested_pct: float
    turnover: float
    fees: float
    spread: float
    slippage: float
    costs: float
    buy_and_hold_pct: float
    buy_and_hold_drawdown_pct: float
    hold_equity: FloatArray
    hold_pct: Mapping[str, float | None]
    reasons: Mapping[str, int]
    refused: Mapping[str, int]
    declined: Mapping[str, int]
    breaker_trips: int
    coins: pd.DataFrame
    trades: pd.DataFrame


def outcome_of(run: FinishedRun, book: TradeBook) -> Outcome:
    """Measure a finished run. Needs pandas."""
    hold = buy_and_hold(run)
    closed = book.closed
    equity = float(run.curve.equity[-1]) if len(run.curve.equity) else run.cash
    held = float(hold.equity[-1]) if len(hold.equity) else run.cash
    days = (run.end - run.start) / DAY
    daily = _daily_returns(run)
    gains = [one.gain or 0.0 for one in closed]
    wins = sum(gain > 0 for gain in gains)
    low, high = _interval(wins, len(closed))
    return Outcome(
        days=days,
        cash=run.cash,
        equity=equity,
        gain=equity - run.cash,
        return_pct=(equity / run.cash - 1) * 100,
        cagr_pct=_cagr_pct(run, days),
        max_drawdown_pct=_drawdown_pct(run.cash, run.curve.equity),
        sharpe=_sharpe(daily),
        sortino=_sortino(daily),
        profit_factor=_profit_factor(gains),
        trades_closed=len(closed),
        trades_open=len(book.open),
        wins=wins,
        win_rate_pct=wins / len(closed) * 100 if closed else None,
        win_rate_low_pct=low,
        win_rate_high_pct=high,
        mean_gain_pct=mean_of([one.gain_pct or 0.0 for one in closed]),
        mean_hold_h=mean_of([hours_held(one) for one in closed]),
        realised=sum(gains),
        unrealised=_unrealised(run, book.open),
        exposure_pct=_exposure_pct(run, book.trips),
        invested_pct=_invested_pct(run),
        turnover=book.turnover,
        fees=book.fees,
        spread=book.spread,
        slippage=book.slippage,
        costs=book.fees + book.spread + book.slippage,
        buy_and_hold_pct=(held / run.cash - 1) * 100,
        buy_and_hold_drawdown_pct=_drawdown_pct(run.cash, hold.equity),
        hold_equity=hold.equity,
        hold_pct=hold.gain_pct,
        reasons=dict(Counter(one.reason or "" for one in closed).most_common()),
        refused=book.refused,
        declined=book.declined,
        breaker_trips=book.breaker_trips,
        coins=coin_table(run, book, hold.gain_pct),
        trades=trade_table(book.trips),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _interval(wins: int, total: int) -> tuple[float | None, float | None]:
    from domain.tuning.track_record import wilson_interval

    if not total:
        return None, None
    low, high = wilson_interval(wins, total)
    return low * 100, high * 100


def _returns(cash: float, equity: FloatArray) -> FloatArray:
    """Change from each point to the next as a fraction, the cash at the start being the first."""
    levels = np.concatenate(([cash], equity))
    before = levels[:-1]
    return np.divide(np.diff(levels), before, out=np.zeros(len(before)), where=before > 0)


def _daily_returns(run: FinishedRun) -> FloatArray:
    """Returns of UTC days; the first and the last day may be cut."""
    at = run.curve.at
    if not len(at):
        return np.zeros(0)
    # a point at midnight closes the day before it
    day = (at - 1) // DAY
    last_of_day = np.append(day[1:] != day[:-1], True)
    return _returns(run.cash, run.curve.equity[last_of_day])


def _drawdown_pct(cash: float, equity: FloatArray) -> float:
    if not len(equity):
        return 0.0
    return min(0.0, _finite(max_drawdown(_returns(cash, equity))) or 0.0) * 100


def _cagr_pct(run: FinishedRun, days: float) -> float | None:
    if round(days) < ENOUGH_DAYS or not len(run.curve.equity) or run.curve.equity[-1] <= 0:
        return None
    returns = _returns(run.cash, run.curve.equity)
    a_year = len(returns) * DAYS_A_YEAR / days
    growth = _finite(growth_a_year(returns, a_year))
    return None if growth is None else growth * 100


def _sharpe(daily: FloatArray) -> float | None:
    if len(daily) < ENOUGH_DAYS or np.std(daily) < 1e-12:
        return None
    return _finite(sharpe_ratio(daily, DAYS_A_YEAR))


def _sortino(daily: FloatArray) -> float | None:
    if len(daily) < ENOUGH_DAYS or not (daily < -1e-12).any():
        return None
    return _finite(sortino_ratio(daily, DAYS_A_YEAR))


def _profit_factor(gains: Sequence[float]) -> float | None:
    lost = -sum(gain for gain in gains if gain < 0)
    return sum(gain for gain in gains if gain > 0) / lost if lost > 0 else None


def _unrealised(run: FinishedRun, positions: Sequence[RoundTrip]) -> float:
    """Gain of open positions at the last close, what parts of them sold for included."""
    yen = float(yen_at(run, np.array([run.end]))[0])
    total = 0.0
    for one in positions:
        series = run.series.get(one.pair)
        price = float(series.close[-1]) * yen if series is not None and len(series) else one.entry
        total += one.proceeds + (one.quantity - one.sold) * price - one.cost
    return total


def _exposure_pct(run: FinishedRun, trips: Sequence[RoundTrip]) -> float:
    """Share of the run in which at least one position was open (trips oldest first)."""
    length = run.end - run.start
    covered, until = 0, run.start
    for one in trips:
        end = min(one.closed_at or run.end, run.end)
        covered += max(0, end - max(one.opened_at, until))
        until = max(until, end)
    return min(100.0, covered / length * 100) if length > 0 else 0.0


def _invested_pct(run: FinishedRun) -> float:
    equity, invested = run.curve.equity, run.curve.invested
    if not len(equity):
        return 0.0
    share = np.divide(invested, equity, out=np.zeros(len(equity)), where=equity > 0)
    return float(share.mean() * 100)


NOT_FIGURES = ("hold_equity", "hold_pct", "coins", "trades")


def to_json(outcome: Outcome, run: FinishedRun) -> dict[str, Any]:
    """The run and its figures for `json.dumps(..., allow_nan=False)`; None = not defined.

    Times are ISO 8601 in UTC; `coins` is keyed by pair.
    """
    figures = attrs.asdict(
        outcome, filter=lambda field, _: field.name not in NOT_FIGURES, recurse=False
    )
    return {
        "start": iso(run.start),
        "end": iso(run.end),
        "pairs": list(run.instruments.pairs),
        **{name: _plain(value) for name, value in figures.items()},
        "coins": {
            str(pair): {name: _plain(value) for name, value in row.items()}
            for pair, row in outcome.coins.to_dict("index").items()
        },
        "candles": run.candles,
        "analyses": run.analyses,
        "orders": run.orders,
        "trades": outcome.trades_closed,
        "events": run.events,
        "digest": run.digest,
        "notes": list(run.notes),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, bool | int | str) or value is None:
        return value
    return _finite(float(value))
