"""Candles of another length out of five-minute ones, for charts."""

import numpy as np
import pandas as pd

from domain.instant import CANDLE, MINUTE
from domain.market.candle_series import CandleSeries


def resample(series: CandleSeries, minutes: int) -> pd.DataFrame:
    """Candles of so many minutes: open_time (int64 ms, UTC grid), open, high, low, close, volume.

    A stretch without any five-minute candle has no row; one with some is made of those. Raises
    ValueError unless `minutes` is a multiple of 5.
    """
    length = minutes * MINUTE
    if length <= 0 or length % CANDLE:
        raise ValueError(f"{minutes} minutes is not a multiple of 5")
    opened = series.open_time - series.open_time % length
    first = np.flatnonzero(np.diff(opened, prepend=-1))
    if not len(first):
        names = ("open_time", "open", "high", "low", "close", "volume")
        return pd.DataFrame({name: np.empty(0) for name in names}).astype({"open_time": "int64"})
    last = np.append(first[1:], len(opened)) - 1
    return pd.DataFrame(
        {
            "open_time": opened[first],
            "open": series.open[first],
            "high": np.maximum.reduceat(series.high, first),
            "low": np.minimum.reduceat(series.low, first),
            "close": series.close[last],
            "volume": np.add.reduceat(series.volume, first),
        }
    )
