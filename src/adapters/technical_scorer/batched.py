"""Scores windows of recorded candles many at a time, a stretch ahead of the replay.

Each window holds only candles closed by its own tick, so nothing is known early; the bits are
those that scoring it alone gives.
"""

from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from domain.events import TechnicalReading
from domain.instant import CANDLE
from domain.market.candle_series import BoolArray, CandleSeries
from domain.parameters import StrategyParameters
from domain.scoring.technical_score import technical_readings

_NEAR = 16
"""Candles from the last one looked at within which the next one is looked for first."""


class BatchedScorer:
    """Readings of recorded series by tick.

    `due` marks, by pair, the candles whose tick is expected to be analysed (all, if not given);
    `stretch` of them are scored in one go. A tick that was not expected is scored when asked for.
    """

    def __init__(
        self,
        series: Mapping[str, CandleSeries],
        parameters: StrategyParameters,
        *,
        due: Mapping[str, BoolArray] | None = None,
        stretch: int = 4096,
    ) -> None:
        self._parameters = parameters
        self._stretch = stretch
        self._pairs = {
            pair: _Pair(one, np.flatnonzero(due[pair]) if due else np.arange(len(one)))
            for pair, one in series.items()
        }

    async def readings(
        self, pairs: Sequence[str], at: int
    ) -> Mapping[str, TechnicalReading | None]:
        """Reading of each pair's newest candle closed by `at` (ms)."""
        return {pair: self._reading(self._pairs[pair], at) for pair in pairs}

    def _reading(self, pair: "_Pair", at: int) -> TechnicalReading | None:
        index = pair.index_at(at)
        if index < 0:
            return None
        ready = pair.ready
        if index not in ready:
            ready = self._score(pair, index)
            if len(ready) > 1:
                pair.ready = ready
        return ready[index]

    def _score(self, pair: "_Pair", index: int) -> dict[int, TechnicalReading | None]:
        """The window that ends at `index` and, when it was expected, the next ones after it."""
        first = np.searchsorted(pair.due, index)
        ends = pair.due[first : first + self._stretch]
        if not len(ends) or ends[0] != index:
            ends = np.array([index])
        scored = technical_readings(pair.series, ends, self._parameters, self._stretch)
        return dict(zip(ends.tolist(), scored, strict=True))


class _Pair:
    """A series, its close times, and the readings that are ready."""

    def __init__(self, series: CandleSeries, due: np.ndarray) -> None:
        self.series = series
        self.due = due
        self.ready: dict[int, TechnicalReading | None] = {}
        # an array: a number becomes an object when it is looked at, and not before
        self._open_times = array("q", series.open_time.tobytes())
        self._cursor = 0

    def index_at(self, at: int) -> int:
        """Index of the newest candle closed by a moment; -1 when there is none."""
        times, cursor, newest = self._open_times, self._cursor, at - CANDLE
        end = min(cursor + _NEAR, len(times))
        if times and times[cursor] <= newest < times[end - 1]:
            found = bisect_right(times, newest, cursor, end) - 1
        else:
            found = bisect_right(times, newest) - 1
        self._cursor = max(0, found)
        return found
