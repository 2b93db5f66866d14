"""Gains of a calendar year by the two Japanese methods, from what was bought and sold.

Source: National Tax Agency of Japan, "FAQ on the tax treatment of crypto-assets" (income tax): the
total-average method is the rule, the moving-average method may be chosen by notification. A coin's
cost includes the buyer's fee; a fraction of a yen in a cost may be rounded up.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from enum import StrEnum
from typing import Final

import attrs

from domain.errors import DomainError
from domain.events import Side
from domain.instant import HOUR, to_datetime
from domain.trading.books import EXACT

_JAPAN: Final = 9 * HOUR
_DIVIDING: Final = Context(prec=60)
_NONE: Final = Decimal(0)
_YEN: Final = Decimal(1)


class Method(StrEnum):
    """How the cost of coins that were sold is found."""

    MOVING = "moving"
    """After each buy: what is held cost so much a coin."""
    TOTAL = "total"
    """Once a year: what was carried over and bought cost so much a coin."""


class SoldUnheldError(DomainError):
    """More was sold than was held: coins came from elsewhere, and their cost is not known."""


@attrs.frozen(slots=True, weakref_slot=False)
class Move:
    """Coins bought or sold at a time (ms); `jpy` without the `fee`, which is in JPY.

    `fill` is the exchange's id of it; empty where none is known.
    """

    at: int
    pair: str
    side: Side
    quantity: Decimal
    jpy: Decimal
    fee: Decimal
    fill: str = ""


@attrs.frozen(slots=True, weakref_slot=False)
class Carried:
    """Coins that are held, and what they cost (JPY)."""

    quantity: Decimal = _NONE
    cost: Decimal = _NONE


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class CoinYear:
    """A coin's year. Coins; JPY. `proceeds`, `cost`, `fees` and `gain` of the sales are whole yen.

    `carried.cost` + `bought.cost` = `cost` + `left.cost`: what rounding up took this year is not
    taken again. Only where all was sold `cost` may be a fraction of a yen more than was paid.
    """

    year: int
    pair: str
    carried: Carried
    bought: Carried
    sold: Decimal
    proceeds: Decimal
    cost: Decimal
    fees: Decimal
    left: Carried

    @property
    def gain(self) -> Decimal:
        """Proceeds less cost and the fees of selling."""
        return EXACT.subtract(EXACT.subtract(self.proceeds, self.cost), self.fees)

    @property
    def unit_cost(self) -> Decimal | None:
        """What a coin of those left cost (JPY)."""
        return None if not self.left.quantity else _over(self.left.cost, self.left.quantity)


def year_of(moment: int) -> int:
    """The calendar year in Japan of a moment (ms)."""
    return to_datetime(moment + _JAPAN).year


def coin_years(
    moves: Iterable[Move], method: Method, carried: Carried | None = None
) -> list[CoinYear]:
    """The years of one coin from its first move to its last, in order.

    `moves` in the order of their times; `carried` is what was held before all of them. Raises
    SoldUnheldError with the coin and the year.
    """
    held = carried or Carried()
    found: list[CoinYear] = []
    by_year: dict[int, list[Move]] = {}
    for one in moves:
        by_year.setdefault(year_of(one.at), []).append(one)
    if not by_year:
        return found
    for year in range(min(by_year), max(by_year) + 1):
        done = _year(year, by_year.get(year, []), method, held, found)
        if done is not None:
            found.append(done)
            held = done.left
    return found


def _year(
    year: int, moves: list[Move], method: Method, held: Carried, before: list[CoinYear]
) -> CoinYear | None:
    pair = moves[0].pair if moves else before[-1].pair
    bought = Carried()
    sold = proceeds = fees = _NONE
    for one in moves:
        if one.side is Side.BUY:
            bought = _more(bought, one)
        else:
            sold = EXACT.add(sold, one.quantity)
            proceeds = EXACT.add(proceeds, one.jpy)
            fees = EXACT.add(fees, one.fee)
    whole = Carried(
        EXACT.add(held.quantity, bought.quantity), EXACT.add(held.cost, bought.cost)
    )
    if sold > whole.quantity:
        raise SoldUnheldError(
            f"{pair} {year}: {sold} were sold and {whole.quantity} held: what else there was, and "
            "what it had cost, has to be stated"
        )
    if method is Method.TOTAL:
        exact = _part(whole.cost, sold, whole.quantity)
    else:
        exact = _cost_moving(moves, held, year)
    cost = _up(exact)
    rest = max(_NONE, EXACT.subtract(whole.cost, cost))
    left = Carried(EXACT.subtract(whole.quantity, sold), rest)
    return CoinYear(
        year=year,
        pair=pair,
        carried=held,
        bought=bought,
        sold=sold,
        proceeds=proceeds.quantize(_YEN, rounding=ROUND_FLOOR),
        cost=cost,
        fees=_up(fees),
        left=left,
    )


def _cost_moving(moves: list[Move], held: Carried, year: int) -> Decimal:
    """The cost of all sales of a year, each at the average of its own moment."""
    total = _NONE
    for one in moves:
        if one.side is Side.BUY:
            held = _more(held, one)
            continue
        if one.quantity > held.quantity:
            raise SoldUnheldError(
                f"{one.pair} {year}: {one.quantity} were sold when {held.quantity} were held: what "
                "else there was, and what it had cost, has to be stated"
            )
        cost = _part(held.cost, one.quantity, held.quantity)
        total = _DIVIDING.add(total, cost)
        held = Carried(
            EXACT.subtract(held.quantity, one.quantity), _DIVIDING.subtract(held.cost, cost)
        )
    return total


def _more(held: Carried, bought: Move) -> Carried:
    paid = EXACT.add(bought.jpy, bought.fee)
    return Carried(EXACT.add(held.quantity, bought.quantity), _DIVIDING.add(held.cost, paid))


def _part(cost: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    if not part:
        return _NONE
    return _DIVIDING.divide(_DIVIDING.multiply(cost, part), whole)


def _over(cost: Decimal, quantity: Decimal) -> Decimal:
    return _DIVIDING.divide(cost, quantity)


def _up(amount: Decimal) -> Decimal:
    return amount.quantize(_YEN, rounding=ROUND_CEILING)
