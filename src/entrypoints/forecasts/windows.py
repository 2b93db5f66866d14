"""Which forecasts a backtest of these candles will ask for, and from which of them."""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import numpy as np

from application import policy as policies
from application.read_models import PRICES
from domain.instant import CANDLE, HOUR, SECOND
from domain.market.candle_series import CandleSeries, FloatArray, IntArray
from domain.market.price_move import move_pct
from domain.parameters import StrategyParameters

ANALYSIS, TICK, HOURLY = "analysis", "tick", "hour"
EVERY: Final = (ANALYSIS, TICK, HOURLY)
_CLOSES: Final = 13
"""A candle and the hour before it."""


@attrs.frozen(slots=True, weakref_slot=False)
class Window:
    """The input of one forecast: typical prices [first, end) of a pair, known at `at` (ms)."""

    pair: str
    at: int
    first: int
    end: int


def typical_prices(series: CandleSeries) -> FloatArray:
    """(H+L+C)/3 of each candle in USDT, to the bit what a run computes."""
    return (series.high + series.low + series.close) / 3.0


def times(
    every: str,
    series: Mapping[str, CandleSeries],
    start: int,
    end: int,
    parameters: StrategyParameters,
) -> list[int]:
    """The moments (ms) from tick `start` to tick `end` to forecast at.

    "analysis" are those at which a run of the standard policy over exactly this period analyses.
    """
    ticks = range(start, end + 1, CANDLE)
    if every == TICK:
        return list(ticks)
    if every == HOURLY:
        return [at for at in ticks if at % HOUR == 0]
    moves = {
        pair: _moves(one.between(_oldest(start, parameters), end)) for pair, one in series.items()
    }
    found: list[int] = []
    last: int | None = None
    for at in ticks:
        moved = {pair: of[at] for pair, of in moves.items() if at in of}
        if policies.STANDARD.due(moved, last, at, parameters) is not None:
            found.append(at)
            last = at
    return found


def windows(
    series: Mapping[str, CandleSeries],
    moments: Sequence[int],
    start: int,
    parameters: StrategyParameters,
) -> list[Window]:
    """The inputs of all forecasts of a run that began at tick `start`, in order of time and pair.

    As in a run: the newest candles that are stored, and none where they are too few or too old.
    """
    p = parameters
    at = np.array(moments, dtype=np.int64)
    columns = [_of_pair(pair, one.open_time, at, start, p) for pair, one in series.items()]
    return [one for row in zip(*columns, strict=True) for one in row if one is not None]


def _of_pair(
    pair: str, opened: IntArray, at: IntArray, start: int, p: StrategyParameters
) -> list[Window | None]:
    ends = np.searchsorted(opened, at - CANDLE, side="right")
    assert PRICES.lifetime_ms is not None
    stored = np.maximum(_oldest(start, p), at - PRICES.lifetime_ms)
    firsts = np.maximum(np.searchsorted(opened, stored), ends - p.forecast_candles)
    newest = opened[np.maximum(ends - 1, 0)]
    there = (ends - firsts >= p.forecast_min_candles) & (
        newest >= at - p.candle_age_max_s * SECOND - CANDLE
    )
    rows = zip(at.tolist(), firsts.tolist(), ends.tolist(), there.tolist(), strict=True)
    return [Window(pair, when, first, end) if ok else None for when, first, end, ok in rows]


def _oldest(start: int, p: StrategyParameters) -> int:
    """The opening time (ms) of the oldest candle that a run stores: its history before `start`."""
    return start - max(p.technical_candles, p.forecast_candles) * CANDLE


def _moves(series: CandleSeries) -> dict[int, float]:
    """The move over the hour in %, by the tick at which it is known."""
    closes, opened = series.close.tolist(), series.open_time.tolist()
    return {
        opened[at] + CANDLE: move_pct(closes[at], closes[at - _CLOSES + 1])
        for at in range(_CLOSES - 1, len(closes))
    }
