"""Jpy and Usdt: two currencies that refuse to meet in one expression.

Amounts are Decimal. A sum, difference or comparison needs the same currency on both
sides (CurrencyMismatch otherwise); multiplying or dividing by a plain number keeps the
currency, dividing by the same currency gives a plain Decimal.
"""

import functools
from decimal import ROUND_DOWN, Decimal
from typing import Self

import attrs

from domain.errors import CurrencyMismatch
from domain.quick import quickly_made


@attrs.frozen(slots=True, weakref_slot=False, eq=False, order=False)
class _Money:
    """An amount of one currency."""

    amount: Decimal

    @classmethod
    def of(cls, value: Decimal | str | float) -> Self:
        """Make an amount; a float goes through its shortest text, so 0.1 stays 0.1."""
        return cls(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))

    def _same(self, other: object) -> Decimal:
        if other.__class__ is not self.__class__:
            raise CurrencyMismatch(
                f"{type(self).__name__} and {type(other).__name__} cannot meet in one expression"
            )
        return other.amount

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same(other))

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same(other))

    def __mul__(self, factor: Decimal | int) -> Self:
        return type(self)(self.amount * factor)

    def per(self, other: Self) -> Decimal:
        """Ratio of two amounts of one currency."""
        return self.amount / self._same(other)

    def __neg__(self) -> Self:
        return type(self)(-self.amount)

    def __eq__(self, other: object) -> bool:
        return other.__class__ is self.__class__ and self.amount == other.amount

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.amount))

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.amount >= self._same(other)


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False, eq=False, order=False)
class Jpy(_Money):
    """Yen: what is traded, held, risked and taxed."""


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False, eq=False, order=False)
class Usdt(_Money):
    """Tether dollars: what prices are analysed in."""


def round_down(quantity: Decimal, decimals: int) -> Decimal:
    """Cut a quantity of coins (or yen) to so many decimals, towards zero."""
    return quantity.quantize(_step(decimals), rounding=ROUND_DOWN)


@functools.cache
def _step(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)
