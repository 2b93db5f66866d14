"""Candles of a recording, handed out as their time comes."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, repeat

from application.errors import OutsideError
from domain.events import Candle
from domain.instant import CANDLE
from domain.market.candle_series import CandleSeries


class RecordedMarketData:
    """Replays recorded series; nothing is known before its candle has closed."""

    def __init__(self, series: Mapping[str, CandleSeries]) -> None:
        self._pairs = {pair: _Recording(one) for pair, one in series.items()}

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[Candle] | OutsideError]:
        """Candles opened after the given times and closed by `now` (ms), oldest first."""
        newest = now - CANDLE
        found: dict[str, Sequence[Candle]] = {}
        for pair, last in after.items():
            recording = self._pairs[pair]
            if last == recording.given and newest == recording.expected:
                # nearly always exactly the next candle is asked for
                found[pair] = (recording.step(),)
            else:
                found[pair] = recording.between(last, newest)
        return found


class _Recording:
    """One pair's columns; a candle is made when it is asked for.

    `given` is the opening time of the candle handed out last, `expected` of the next one.
    """

    __slots__ = ("_columns", "_pair", "_stream", "_times", "_upcoming", "expected", "given")

    def __init__(self, series: CandleSeries) -> None:
        self._pair = series.pair
        self._times: list[int] = series.open_time.tolist()
        self._columns = (
            self._times,
            series.open.tolist(),
            series.high.tolist(),
            series.low.tolist(),
            series.close.tolist(),
            series.volume.tolist(),
        )
        self.given: int | None = None
        self.expected: int | None = None
        self._stream: Iterator[Candle] = iter(())
        self._upcoming: Iterator[int] = iter(())

    def step(self) -> Candle:
        """The next candle in turn."""
        self.given, self.expected = self.expected, next(self._upcoming, None)
        return next(self._stream)

    def between(self, after: int, newest: int) -> list[Candle]:
        """Candles opened in (after, newest] (ms)."""
        first, end = bisect_right(self._times, after), bisect_right(self._times, newest)
        columns = (islice(one, first, None) for one in self._columns)
        self._stream = map(Candle, repeat(self._pair), *columns)
        found = list(islice(self._stream, max(0, end - first)))
        reached = max(first, end)
        self._upcoming = islice(self._times, reached, None)
        self.given = self._times[reached - 1] if reached else None
        self.expected = next(self._upcoming, None)
        return found
