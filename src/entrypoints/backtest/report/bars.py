"""Candles for the eye: in yen, and few enough to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from domain.instant import CANDLE, DAY, HOUR
from entrypoints.backtest.buy_and_hold import yen_at

if TYPE_CHECKING:
    from domain.market.candle_series import FloatArray, IntArray
    from entrypoints.backtest.finished import FinishedRun

MOST_BARS = 3_000
LENGTHS = (
    (CANDLE, "5-minute"),
    (3 * CANDLE, "15-minute"),
    (HOUR, "1-hour"),
    (4 * HOUR, "4-hour"),
    (DAY, "1-day"),
    (7 * DAY, "1-week"),
)


@attrs.frozen(slots=True, weakref_slot=False, eq=False, kw_only=True)
class Bars:
    """Candles of one pair in JPY, `length` ms each and called `name`; `opened` in ms."""

    length: int
    name: str
    opened: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    @property
    def middle(self) -> FloatArray:
        """Where each bar is drawn: half way through its time (ms)."""
        return np.asarray(self.opened + self.length / 2, dtype=np.float64)


def bar_length(start: int, end: int) -> tuple[int, str]:
    """The shortest length (ms, name) that needs no more than MOST_BARS bars."""
    for length, name in LENGTHS:
        if (end - start) / length <= MOST_BARS:
            return length, name
    return LENGTHS[-1]


def bars_of(run: FinishedRun, pair: str) -> Bars | None:
    """The candles of the run's own time, each times the yen of its close; None without any."""
    series = run.series.get(pair)
    if series is None:
        return None
    seen = series.between(run.start - CANDLE, run.end)
    if not len(seen):
        return None
    length, name = bar_length(run.start, run.end)
    yen = yen_at(run, seen.open_time + CANDLE)
    slot = seen.open_time // length
    first = np.flatnonzero(np.append(True, slot[1:] != slot[:-1]))
    last = np.append(first[1:], len(slot)) - 1
    return Bars(
        length=length,
        name=name,
        opened=slot[first] * length,
        open=(seen.open * yen)[first],
        high=np.maximum.reduceat(seen.high * yen, first),
        low=np.minimum.reduceat(seen.low * yen, first),
        close=(seen.close * yen)[last],
        volume=np.add.reduceat(seen.volume, first),
    )
