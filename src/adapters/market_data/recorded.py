"""Candles of a recording, handed out as their time comes."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
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
        pairs = self._pairs
        return {pair: pairs[pair].between(last, newest) for pair, last in after.items()}


class _Recording:
    """One pair's columns; candles are made when they are asked for, usually one after the other."""

    __slots__ = ("_columns", "_next", "_stream", "_times")

    def __init__(self, series: CandleSeries) -> None:
        self._times: list[int] = series.open_time.tolist()
        self._columns = (
            repeat(series.pair),
            self._times,
            series.open.tolist(),
            series.high.tolist(),
            series.low.tolist(),
            series.close.tolist(),
            series.volume.tolist(),
        )
        self._next = 0
        self._stream = map(Candle, *self._columns)

    def between(self, after: int, newest: int) -> list[Candle]:
        """Candles opened in (after, newest] (ms)."""
        times, at = self._times, self._next
        if at and at < len(times) and times[at] == newest and times[at - 1] == after:
            self._next = at + 1
            return [next(self._stream)]
        first, end = bisect_right(times, after), bisect_right(times, newest)
        if first != at:
            pair, *columns = self._columns
            self._stream = map(Candle, pair, *(islice(one, first, None) for one in columns))
        self._next = max(first, end)
        return list(islice(self._stream, max(0, end - first)))
