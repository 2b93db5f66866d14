"""Closed trades, matched first in, first out by coin from what orders bought and sold.

A position's own gain counts the dust that it left as lost; here dust stays a lot, with its share
of the cost, and goes with the next sale of the coin. Nothing is lost in between: gains plus the
cost of all lots left is what came in less what was paid, to the last digit.
"""

from collections import defaultdict, deque
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import attrs

from domain.events import (
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderRefused,
    OrderRequested,
    PositionClosed,
    PositionEvent,
    PositionWrittenOff,
    Reason,
    Side,
)
from domain.money import Jpy
from domain.trading.books import EXACT

STEP: Final = Decimal("1e-8")
"""To this part of a yen the cost of a lot is divided when a part of it is sold."""
_DIVIDING: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_NONE: Final = Decimal(0)


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class ClosedTrade:
    """All sales of one position. Coins; JPY after fees; `cost` that of the lots they took.

    `recorded_at` (ms) decides the day that it counts for, `hold_ms` is from the oldest lot's
    buy to the last sale. `unmatched` coins were sold that no lot explains: they have no cost
    here, and what they brought is not in `proceeds`.
    """

    position: str
    pair: str
    reason: Reason
    quantity: Decimal
    cost: Jpy
    proceeds: Jpy
    hold_ms: int
    recorded_at: int
    unmatched: Decimal

    @property
    def gain(self) -> Jpy:
        """What it brought."""
        return Jpy(EXACT.subtract(self.proceeds.amount, self.cost.amount))

    @property
    def gain_pct(self) -> float:
        """The gain in % of the cost; 0 without a cost."""
        if not self.cost.amount:
            return 0.0
        return float(self.gain.per(self.cost)) * 100


@attrs.define(slots=True)
class _Lot:
    """Coins bought in one go, and what is left of their cost (JPY)."""

    quantity: Decimal
    cost: Decimal
    bought_at: int


@attrs.define(slots=True)
class _Sales:
    """What a position's sales came to so far."""

    first_buy: int
    quantity: Decimal = _NONE
    cost: Decimal = _NONE
    proceeds: Decimal = _NONE
    unmatched: Decimal = _NONE
    last_sale: int = 0


class TradeMatcher:
    """Is fed the events of orders and positions as they were recorded; keeps the lots."""

    def __init__(self) -> None:
        self._lots: defaultdict[str, deque[_Lot]] = defaultdict(deque)
        self._sells: dict[str, str] = {}
        self._sales: dict[str, _Sales] = {}

    def lots_left(self, pair: str) -> tuple[Decimal, Decimal]:
        """Coins of a pair that were not sold, and what they cost (JPY)."""
        lots = self._lots[pair]
        quantity, cost = _NONE, _NONE
        for one in lots:
            quantity, cost = EXACT.add(quantity, one.quantity), EXACT.add(cost, one.cost)
        return quantity, cost

    def order(self, event: OrderEvent, at: int) -> None:
        """One more event of an order, recorded at `at` (ms)."""
        if isinstance(event, OrderRequested):
            if event.side is Side.SELL:
                self._sells[event.order] = event.position or event.order
        elif isinstance(event, OrderRefused):
            self._sells.pop(event.order, None)
        elif isinstance(event, OrderFilled | OrderExpired):
            position = self._sells.pop(event.order, event.order)
            if not event.quantity:
                return
            if event.side is Side.BUY:
                paid = EXACT.add(event.funds.amount, event.fee.amount)
                self._lots[event.pair].append(_Lot(event.quantity, paid, at))
            else:
                self._sold(position, event, at)

    def position(self, event: PositionEvent, at: int) -> ClosedTrade | None:
        """One more event of a position; the trade that it closes, if any was sold of it."""
        if isinstance(event, PositionWrittenOff):
            self._take(event.pair, event.missing)
            reason = Reason.WRITTEN_OFF
        elif isinstance(event, PositionClosed):
            reason = event.reason
        else:
            return None
        sales = self._sales.pop(event.position, None)
        if sales is None:
            return None
        return ClosedTrade(
            position=event.position,
            pair=event.pair,
            reason=reason,
            quantity=sales.quantity,
            cost=Jpy(sales.cost),
            proceeds=Jpy(sales.proceeds),
            hold_ms=max(0, sales.last_sale - sales.first_buy),
            recorded_at=at,
            unmatched=sales.unmatched,
        )

    def _sold(self, position: str, event: OrderFilled | OrderExpired, at: int) -> None:
        matched, cost, first_buy = self._take(event.pair, event.quantity)
        came_in = EXACT.subtract(event.funds.amount, event.fee.amount)
        if matched != event.quantity:
            came_in = _share(came_in, matched, event.quantity)
        sales = self._sales.setdefault(position, _Sales(at if first_buy is None else first_buy))
        sales.quantity = EXACT.add(sales.quantity, matched)
        sales.unmatched = EXACT.add(sales.unmatched, EXACT.subtract(event.quantity, matched))
        sales.cost = EXACT.add(sales.cost, cost)
        sales.proceeds = EXACT.add(sales.proceeds, came_in)
        sales.last_sale = at

    def _take(self, pair: str, wanted: Decimal) -> tuple[Decimal, Decimal, int | None]:
        """Coins off the oldest lots: how many there were, their cost, when the first was bought."""
        lots, missing, cost = self._lots[pair], wanted, _NONE
        first_buy = lots[0].bought_at if lots else None
        while lots and missing > 0:
            lot = lots[0]
            if lot.quantity <= missing:
                missing = EXACT.subtract(missing, lot.quantity)
                cost = EXACT.add(cost, lot.cost)
                lots.popleft()
                continue
            part = _share(lot.cost, missing, lot.quantity)
            lot.quantity = EXACT.subtract(lot.quantity, missing)
            lot.cost = EXACT.subtract(lot.cost, part)
            return wanted, EXACT.add(cost, part), first_buy
        return EXACT.subtract(wanted, missing), cost, first_buy


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """The part of an amount that belongs to a part of a quantity, to STEP."""
    share = _DIVIDING.divide(_DIVIDING.multiply(amount, part), whole)
    return share.quantize(STEP, context=_DIVIDING)
