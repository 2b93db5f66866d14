"""A stretch of candles of one pair as columns: what a file holds and a batch works on."""

import attrs
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class CandleSeries:
    """Closed candles of one pair, oldest first, `open_time` strictly rising.

    `open_time` int64 ms; open, high, low, close in USDT and volume in coins, float64; all of
    one length. Gaps are allowed: a missing candle is simply not there.
    """

    pair: str
    open_time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        return len(self.open_time)

    def between(self, start: int, end: int) -> "CandleSeries":
        """The candles opened in [start, end) (ms)."""
        first, last = np.searchsorted(self.open_time, (start, end))
        return CandleSeries(
            self.pair,
            self.open_time[first:last],
            self.open[first:last],
            self.high[first:last],
            self.low[first:last],
            self.close[first:last],
            self.volume[first:last],
        )
