"""What a coin costs in yen at a moment of a recorded or synthetic world.

At a tick the last price is the close of the candle that just ended. A moment after it the
market trades at the open of the next candle, and only that is known of it.
"""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import numpy as np

from domain.instant import CANDLE
from domain.market.candle_series import CandleSeries, FloatArray, IntArray


def _in_yen(prices: FloatArray, times: IntArray, yen: "YenFactor") -> "array[float]":
    """Prices in yen at their times; an array makes a float only when one is looked at."""
    rates = np.fromiter((yen.factor(moment) for moment in times.tolist()), np.float64, len(times))
    return array("d", (prices * rates).tobytes())


class YenFactor(Protocol):
    """Yen for one USDT at a moment (ms), premium included."""

    def factor(self, moment: int) -> float:
        """USDJPY x (1 + premium)."""
        ...


class SimulatedPrices:
    """JPY prices of recorded pairs. `decimals` rounds them; None keeps every digit.

    A candle's open is turned into yen at its opening time, its close at its closing time.
    """

    def __init__(
        self, series: Mapping[str, CandleSeries], yen: YenFactor, decimals: int | None = 3
    ) -> None:
        self._times = {pair: one.open_time.tolist() for pair, one in series.items()}
        self._cursors = dict.fromkeys(series, 0)
        self._decimals = decimals
        self._opens = {
            pair: _in_yen(one.open, one.open_time, yen) for pair, one in series.items()
        }
        self._closes = {
            pair: _in_yen(one.close, one.open_time + CANDLE, yen) for pair, one in series.items()
        }

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The last price seen by a moment (ms); None before the first candle."""
        times, at = self._times[pair], self._cursors[pair]
        if at + 1 < len(times) and times[at + 1] + CANDLE == moment:
            at = self._cursors[pair] = at + 1  # a tick, and the next candle has just closed
            jpy = self._closes[pair][at]
        elif times and times[at] + CANDLE == moment:
            jpy = self._closes[pair][at]
        else:
            at = self._newest_opened(pair, moment - 1)  # what opens right now is not seen yet
            if at < 0:
                return None
            known = self._closes if moment >= times[at] + CANDLE else self._opens
            jpy = known[pair][at]
        return Decimal(repr(jpy if self._decimals is None else round(jpy, self._decimals)))

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """(time, price) of the first trade strictly after a moment; None when there is none.

        Inside a candle that is the open again, at a time just after the moment.
        """
        times = self._times[pair]
        at = self._newest_opened(pair, moment)
        if at >= 0 and moment < times[at] + CANDLE:
            when = moment + 1
        else:
            at += 1
            if at == len(times):
                return None
            when = times[at]
        return when, self._decimal(self._opens[pair][at])

    def _newest_opened(self, pair: str, moment: int) -> int:
        """Index of the newest candle opened at or before a moment; -1 when there is none."""
        times, cursor = self._times[pair], self._cursors[pair]
        if times and times[cursor] <= moment:
            if cursor + 1 == len(times) or times[cursor + 1] > moment:
                return cursor
            if cursor + 2 == len(times) or times[cursor + 2] > moment:
                self._cursors[pair] = cursor + 1
                return cursor + 1
        at = bisect_right(times, moment) - 1
        self._cursors[pair] = max(0, at)
        return at

    def _decimal(self, jpy: float) -> Decimal:
        return Decimal(repr(jpy if self._decimals is None else round(jpy, self._decimals)))
