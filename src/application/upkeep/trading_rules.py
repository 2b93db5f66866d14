"""What must hold between the events of orders and positions, commit after commit."""

from collections.abc import Iterator
from decimal import Decimal
from typing import get_args

import attrs

from domain.errors import IllegalTransition
from domain.events import (
    Commit,
    Event,
    OrderAbandoned,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderFillReceived,
    OrderRequested,
    PositionClosed,
    PositionEvent,
    PositionOpened,
    PositionReduced,
    Side,
)
from domain.money import Jpy
from domain.trading import order as orders
from domain.trading import position as positions
from domain.trading.books import EXACT, Books, filled, opening
from domain.trading.order import Order, OrderState
from domain.trading.position import OpenPosition

ORDER_EVENTS = get_args(OrderEvent)
POSITION_EVENTS = get_args(PositionEvent)
DESCENDS_FROM = ("analysis/", "position/")
"""Where the cause of an order stands: a decision, or a stop-loss or take-profit hit."""
Broke = Iterator[tuple[str, str]]


@attrs.frozen(slots=True, weakref_slot=False)
class _Ended:
    """What an order traded, until its position says so too."""

    pair: str
    side: Side
    quantity: Decimal
    funds: Jpy
    fee: Jpy


class TradingRules:
    """Orders under way and open positions, and the books that their fills are booked to."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._orders: dict[str, Order] = {}
        self._positions: dict[str, OpenPosition] = {}
        self._ended: dict[str, _Ended] = {}
        self._loose: dict[str, Decimal] = {}
        """Coins by pair that are in no position: dust, and what abandoned orders had traded."""

    def under_way(self) -> tuple[str, ...]:
        """Orders that have not ended."""
        return tuple(self._orders)

    def is_moving(self, pair: str | None, *, but: str) -> bool:
        """True when an order (of a pair, or any) other than `but` may be filling right now."""
        return any(
            name != but and one.state is not OrderState.REQUESTED and pair in (None, one.pair)
            for name, one in self._orders.items()
        )

    def begin(self, currency: str, amount: Decimal) -> None:
        """The books of a currency begin with what the exchange says."""
        self._books.post(opening(currency, amount))

    def check(self, commit: Commit, event: Event) -> Broke:
        """(rule, what is wrong) of one more event, which is then taken as happened."""
        if isinstance(event, ORDER_EVENTS):
            yield from self._order(commit, event)
        elif isinstance(event, POSITION_EVENTS):
            yield from self._position(commit, event)

    def _order(self, commit: Commit, event: OrderEvent) -> Broke:
        if commit.stream != f"order/{event.order}":
            yield "stream", f"an event of order {event.order} stands on {commit.stream}"
        before = self._orders.get(event.order)
        try:
            after = orders.apply(before, event)
        except IllegalTransition as error:
            yield "order", str(error)
            return
        if isinstance(event, OrderRequested):
            if not commit.causation.startswith(DESCENDS_FROM):
                yield "cause", f"an order caused by {commit.causation}, not a decision or an exit"
        elif event_pair(event) not in (None, after.pair):
            yield "order", f"it is of {event_pair(event)}, its order of {after.pair}"
        if isinstance(event, OrderFillReceived):
            self._books.post(filled(after.pair, after.side, event))
        elif isinstance(event, OrderFilled | OrderExpired):
            yield from _totals(after, event)
            if event.quantity:
                self._ended[event.order] = _Ended(
                    after.pair, after.side, event.quantity, event.funds, event.fee
                )
        self._keep(event, after)

    def _keep(self, event: OrderEvent, after: Order) -> None:
        """The order while it is under way; what an abandoned one had traded."""
        if isinstance(event, OrderAbandoned):
            sold = after.side is Side.SELL
            self._leave(after.pair, -after.filled_quantity if sold else after.filled_quantity)
        if after.is_final:
            self._orders.pop(event.order, None)
        else:
            self._orders[event.order] = after

    def _position(self, commit: Commit, event: PositionEvent) -> Broke:
        if commit.stream != f"position/{event.position}":
            yield "stream", f"an event of position {event.position} stands on {commit.stream}"
        before = self._positions.get(event.position)
        try:
            after = positions.apply(before, event)
        except IllegalTransition as error:
            yield "position", str(error)
            return
        if isinstance(event, PositionOpened):
            if any(one.pair == event.pair for one in self._positions.values()):
                yield "position", f"a second position of {event.pair} is opened"
        elif before is not None and event.pair != before.pair:
            yield "position", f"it is of {event.pair}, its position of {before.pair}"
        if isinstance(event, PositionOpened | PositionReduced | PositionClosed):
            yield from self._traded(event)
        if isinstance(after, OpenPosition):
            self._positions[event.position] = after
        else:
            self._positions.pop(event.position, None)
        if isinstance(event, PositionClosed) and before is not None:
            yield from self._closed(event, before)
        if isinstance(event, PositionOpened | PositionReduced | PositionClosed):
            yield from self._quantity(event.pair)

    def _traded(self, event: PositionOpened | PositionReduced | PositionClosed) -> Broke:
        """A position changes by what its order traded."""
        order = self._ended.pop(event.order, None)
        if order is None:
            yield "position", f"order {event.order} traded nothing that could be booked here"
            return
        if isinstance(event, PositionOpened):
            side, money, expected = Side.BUY, event.cost, order.funds + order.fee
        else:
            side, money, expected = Side.SELL, event.proceeds, order.funds - order.fee
        if (order.pair, order.side) != (event.pair, side):
            yield "position", f"order {event.order} is a {order.side} of {order.pair}"
        if event.quantity != order.quantity:
            yield "position", f"{event.quantity} coins, its order traded {order.quantity}"
        if money != expected:
            yield "position", f"{money.amount} JPY, its order moved {expected.amount} JPY"

    def _closed(self, event: PositionClosed, before: OpenPosition) -> Broke:
        """What remains is dust and is lost to the position, not to the books."""
        rest = EXACT.subtract(before.quantity, event.quantity)
        if event.dust != rest:
            yield "position", f"dust of {event.dust}, but {rest} coins remain"
        gain = before.proceeds + event.proceeds - before.cost
        if event.gain != gain:
            yield "position", f"a gain of {event.gain.amount} JPY, but {gain.amount} JPY remain"
        self._leave(event.pair, event.dust)

    def _leave(self, pair: str, coins: Decimal) -> None:
        self._loose[pair] = EXACT.add(self._loose.get(pair, Decimal(0)), coins)

    def _quantity(self, pair: str) -> Broke:
        """Bought minus sold is what open positions hold and what is in none."""
        if self.is_moving(pair, but=""):
            return
        told = self._loose.get(pair, Decimal(0))
        for one in self._positions.values():
            if one.pair == pair:
                told = EXACT.add(told, one.quantity)
        traded = self._books.traded(pair)
        if told != traded:
            yield "quantity", f"positions and rests of {pair} are {told}, bought - sold is {traded}"


def event_pair(event: OrderEvent) -> str | None:
    """The pair that an event of an order names; None for a fill."""
    return None if isinstance(event, OrderFillReceived) else event.pair


def _totals(order: Order, event: OrderFilled | OrderExpired) -> Broke:
    """The end of an order is the sum of its fills."""
    told = (event.side, event.quantity, event.funds, event.fee)
    if told != (order.side, order.filled_quantity, order.funds, order.fee):
        yield (
            "order",
            (
                f"it ends as {event.side} of {event.quantity} for {event.funds.amount} JPY and "
                f"{event.fee.amount} JPY of fees; its fills are {order.side} of "
                f"{order.filled_quantity} for {order.funds.amount} and {order.fee.amount} JPY"
            ),
        )
