"""Where the venue's prices come from."""

import math
from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Protocol


class Market(Protocol):
    """Last and next prices of pairs, in JPY."""

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The last price seen by a moment (ms); None before the first trade."""
        ...

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """(time, price) of the first trade strictly after a moment; None when there is none."""
        ...


class GivenPrices:
    """Always trades at the price that the mapping holds at that time; it may be changed."""

    def __init__(self, prices: Mapping[str, Decimal]) -> None:
        self.prices = dict(prices)

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The price of now, whatever the moment."""
        del moment
        return self.prices.get(pair)

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """The price of now, a millisecond later."""
        price = self.prices.get(pair)
        return None if price is None else (moment + 1, price)


class DriftingPrices:
    """Prices that swing within +-3 % of where they were given; a function of seed and time."""

    PERIODS_S = (61, 733, 9_931, 86_423)
    SWINGS = (0.0005, 0.002, 0.0075, 0.02)

    def __init__(self, prices: Mapping[str, Decimal], seed: int) -> None:
        self._prices = dict(prices)
        self._phases = {
            pair: [
                Random(f"{seed}/{pair}/{period}").uniform(0, math.tau)  # noqa: S311 - no secret
                for period in self.PERIODS_S
            ]
            for pair in prices
        }

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The price at a moment, with three decimals."""
        middle = self._prices.get(pair)
        if middle is None:
            return None
        swung = sum(
            swing * math.sin(phase + math.tau * moment / 1_000 / period)
            for phase, period, swing in zip(
                self._phases[pair], self.PERIODS_S, self.SWINGS, strict=True
            )
        )
        return round(middle * (1 + Decimal(repr(swung))), 3)

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """The price a millisecond later."""
        price = self.last(pair, moment + 1)
        return None if price is None else (moment + 1, price)


class Renamed:
    """A market that calls its pairs by other names, such as `eth_usdt` for `eth_jpy`."""

    def __init__(self, market: Market, names: Mapping[str, str]) -> None:
        self._market = market
        self._names = dict(names)

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The last price under the other name."""
        return self._market.last(self._names[pair], moment)

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """The next trade under the other name."""
        return self._market.first_after(self._names[pair], moment)
