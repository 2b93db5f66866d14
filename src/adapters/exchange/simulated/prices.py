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


class _Rates:
    """Yen factors of all moments that matter, each asked for once: pairs share their moments."""

    def __init__(self, series: Mapping[str, CandleSeries], yen: "YenFactor") -> None:
        none = np.zeros(0, np.int64)
        times = [moments for one in series.values() for moments in _moments(one)]
        every = np.sort(np.concatenate([none, *times]))
        # np.unique would import numpy.ma, which costs more than all else here
        self._moments = every[np.diff(every, prepend=-1) > 0]
        self._rates = np.fromiter(map(yen.factor, self._moments.tolist()), np.float64)

    def in_yen(self, prices: FloatArray, times: IntArray) -> "array[float]":
        """Prices in yen at their times; an array makes a float only when one is looked at."""
        rates = self._rates[np.searchsorted(self._moments, times)]
        return array("d", (prices * rates).tobytes())


def _moments(series: CandleSeries) -> tuple[IntArray, IntArray]:
    """When candles open and close."""
    return series.open_time, series.open_time + CANDLE


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
        self._decimals = decimals
        rates = _Rates(series, yen)
        self._pairs = {pair: _Pair(one, rates) for pair, one in series.items()}

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The last price seen by a moment (ms); None before the first candle."""
        one = self._pairs[pair]
        if moment == one.next_close:
            # a tick, and the next candle has just closed; spelled out, for most ticks end here
            at = one.at = one.at + 1
            one.next_close = one.next_closes[at]
            jpy = one.closes[at]
        else:
            at = one.newest_opened(moment - 1)  # what opens right now is not seen yet
            if at < 0:
                return None
            known = one.closes if moment >= one.times[at] + CANDLE else one.opens
            jpy = known[at]
        return Decimal(repr(jpy if self._decimals is None else round(jpy, self._decimals)))

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """(time, price) of the first trade strictly after a moment; None when there is none.

        Inside a candle that is the open again, at a time just after the moment.
        """
        one = self._pairs[pair]
        at = one.newest_opened(moment)
        if at >= 0 and moment < one.times[at] + CANDLE:
            when = moment + 1
        else:
            at += 1
            if at == len(one.times):
                return None
            when = one.times[at]
        jpy = one.opens[at]
        return when, Decimal(repr(jpy if self._decimals is None else round(jpy, self._decimals)))


class _Pair:
    """Prices of one pair in yen, and the candle that was looked at last."""

    __slots__ = ("at", "closes", "next_close", "next_closes", "opens", "times")

    def __init__(self, series: CandleSeries, rates: _Rates) -> None:
        opened, closed = _moments(series)
        # arrays: a number becomes an object when it is looked at, and not before
        self.times = array("q", opened.tobytes())
        self.opens = rates.in_yen(series.open, opened)
        self.closes = rates.in_yen(series.close, closed)
        # by candle, when the one after it closes; never for the last one
        self.next_closes = array("q", np.append(closed[1:], -1).tobytes())
        self.move_to(0)

    def move_to(self, at: int) -> None:
        """Look at a candle; the one after it, if any, closes at `next_close`."""
        self.at = at
        self.next_close = self.next_closes[at]

    def newest_opened(self, moment: int) -> int:
        """Index of the newest candle opened at or before a moment; -1 when there is none."""
        times, at = self.times, self.at
        # nearly always this candle or the next one
        near = min(at + 2, len(times)) if times and times[at] <= moment else 0
        if not near or (near < len(times) and times[near] <= moment):
            found = bisect_right(times, moment) - 1
        else:
            found = near - 1 if times[near - 1] <= moment else near - 2
        if found != at:
            self.move_to(max(0, found))
        return found
