"""Candles of a recording, handed out as their time comes."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

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
    """The columns of one pair as lists, with a cursor for the next candle in turn."""

    __slots__ = ("_columns", "_next", "_pair", "_times")

    def __init__(self, series: CandleSeries) -> None:
        self._pair = series.pair
        self._times: list[int] = series.open_time.tolist()
        self._columns = (
            series.open.tolist(),
            series.high.tolist(),
            series.low.tolist(),
            series.close.tolist(),
            series.volume.tolist(),
        )
        self._next = 0

    def between(self, after: int, newest: int) -> list[Candle]:
        """Candles opened in (after, newest] (ms)."""
        times, at = self._times, self._next
        if at < len(times) and times[at] == newest and (at == 0 or times[at - 1] == after):
            self._next = at + 1  # the usual case: exactly the next candle is asked for
            return [self._candle(at)]
        first, end = bisect_right(times, after), bisect_right(times, newest)
        self._next = end
        return [self._candle(index) for index in range(first, end)]

    def _candle(self, at: int) -> Candle:
        opens, highs, lows, closes, volumes = self._columns
        return Candle(
            self._pair,
            self._times[at],
            opens[at],
            highs[at],
            lows[at],
            closes[at],
            volumes[at],
        )
