"""Candles of a recording, handed out as their time comes."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from application.errors import OutsideError
from domain.events import Candle
from domain.instant import CANDLE
from domain.market.candle_series import CandleSeries
from domain.quick import maker

_candle = maker(Candle)


class RecordedMarketData:
    """Replays recorded series; nothing is known before its candle has closed."""

    def __init__(self, series: Mapping[str, CandleSeries]) -> None:
        self._pairs = {pair: _Recording(one) for pair, one in series.items()}
        # the stretch on which all pairs have the same candles, ready tick by tick
        self._ahead: Iterator[Mapping[str, Sequence[Candle]]] = iter(())
        self._given = 0
        self._expected: int | None = None
        self._upcoming: Iterator[int] = iter(())

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[Candle] | OutsideError]:
        """Candles opened after the given times and closed by `now` (ms), oldest first."""
        newest = now - CANDLE
        count = len(self._pairs)
        if (
            newest == self._expected
            and len(after) == count
            and list(after.values()).count(self._given) == count
        ):
            # nearly always exactly the next candle of every pair is asked for
            self._given = newest
            self._expected = next(self._upcoming, None)
            return next(self._ahead)
        found = {pair: self._pairs[pair].between(last, newest) for pair, last in after.items()}
        self._look_ahead(newest)
        return found

    def _look_ahead(self, newest: int) -> None:
        """Line the pairs up after a candle opened at `newest` (ms), if they agree for a while."""
        first, *others = (one.coming(newest) for one in self._pairs.values())
        times = first.tolist() if all(one == first for one in others) else []
        self._given = newest
        self._upcoming = iter(times)
        self._expected = next(self._upcoming, None)
        pairs = tuple(self._pairs)
        # zip of one list makes tuples of one candle, without a step of ours
        streams = [zip(one.after(newest, times), strict=True) for one in self._pairs.values()]
        rows = zip(*streams, strict=True)
        # all at once: a loop that does one thing runs faster than its parts between other work
        self._ahead = iter([dict(zip(pairs, row, strict=True)) for row in rows])


_STRETCH = 288
"""Candles by which pairs are lined up at a time: a day."""


class _Recording:
    """One pair's columns; a candle is made when it is asked for."""

    __slots__ = ("_columns", "_pair", "_times")

    def __init__(self, series: CandleSeries) -> None:
        self._pair = series.pair
        # arrays: a number becomes an object beside its candle, and not all of them beforehand
        self._times = array("q", series.open_time.tobytes())
        prices = (series.open, series.high, series.low, series.close, series.volume)
        self._columns = tuple(array("d", one.tobytes()) for one in prices)

    def between(self, after: int, newest: int) -> list[Candle]:
        """Candles opened in (after, newest] (ms)."""
        first, end = bisect_right(self._times, after), bisect_right(self._times, newest)
        return self._made(first, self._times[first:end])

    def after(self, moment: int, times: Sequence[int]) -> list[Candle]:
        """The candles after a moment (ms), opened at these times: one number for all pairs."""
        return self._made(bisect_right(self._times, moment), times)

    def _made(self, first: int, times: Sequence[int]) -> list[Candle]:
        part = slice(first, first + len(times))
        columns = (column[part] for column in self._columns)
        return list(map(_candle, repeat(self._pair), times, *columns))

    def coming(self, moment: int) -> "array[int]":
        """The next opening times after a moment (ms), at most a stretch of them."""
        first = bisect_right(self._times, moment)
        return self._times[first : first + _STRETCH]
