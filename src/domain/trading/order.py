"""Order: its states, the table of legal transitions, folded from its events."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import attrs

from domain.errors import IllegalTransition
from domain.events import (
    OrderAbandoned,
    OrderAdopted,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderFillReceived,
    OrderInDoubt,
    OrderLooked,
    OrderPlaced,
    OrderProvenAbsent,
    OrderQuarantined,
    OrderRefused,
    OrderReleased,
    OrderRequested,
    OrderSubmitting,
    Reason,
    Side,
)
from domain.money import Jpy
from domain.quick import quickly_made


class OrderState(StrEnum):
    """Where an order stands; the last four are final."""

    REQUESTED = "requested"
    SUBMITTING = "submitting"
    PLACED = "placed"
    PARTLY_FILLED = "partly_filled"
    IN_DOUBT = "in_doubt"
    PROVEN_ABSENT = "proven_absent"
    QUARANTINED = "quarantined"
    FILLED = "filled"
    EXPIRED = "expired"
    REFUSED = "refused"
    ABANDONED = "abandoned"


_S = OrderState
TRANSITIONS: dict[tuple[OrderState | None, type[OrderEvent]], OrderState] = {
    (None, OrderRequested): _S.REQUESTED,
    (_S.REQUESTED, OrderSubmitting): _S.SUBMITTING,
    (_S.REQUESTED, OrderRefused): _S.REFUSED,
    (_S.SUBMITTING, OrderPlaced): _S.PLACED,
    (_S.SUBMITTING, OrderRefused): _S.REFUSED,
    (_S.SUBMITTING, OrderInDoubt): _S.IN_DOUBT,
    (_S.IN_DOUBT, OrderLooked): _S.IN_DOUBT,
    (_S.IN_DOUBT, OrderAdopted): _S.PLACED,
    (_S.IN_DOUBT, OrderProvenAbsent): _S.PROVEN_ABSENT,
    (_S.IN_DOUBT, OrderQuarantined): _S.QUARANTINED,
    (_S.IN_DOUBT, OrderAbandoned): _S.ABANDONED,
    (_S.PROVEN_ABSENT, OrderRefused): _S.REFUSED,
    (_S.QUARANTINED, OrderAdopted): _S.PLACED,
    (_S.QUARANTINED, OrderReleased): _S.PLACED,
    (_S.QUARANTINED, OrderProvenAbsent): _S.PROVEN_ABSENT,
    (_S.QUARANTINED, OrderAbandoned): _S.ABANDONED,
    (_S.PLACED, OrderQuarantined): _S.QUARANTINED,
    (_S.PARTLY_FILLED, OrderQuarantined): _S.QUARANTINED,
    (_S.PLACED, OrderFillReceived): _S.PARTLY_FILLED,
    (_S.PLACED, OrderExpired): _S.EXPIRED,
    (_S.PARTLY_FILLED, OrderFillReceived): _S.PARTLY_FILLED,
    (_S.PARTLY_FILLED, OrderFilled): _S.FILLED,
    (_S.PARTLY_FILLED, OrderExpired): _S.EXPIRED,
}
"""(state, event) -> next state; whatever is not here is illegal."""

TRANSITIONS_TO = {event: state for (_, event), state in TRANSITIONS.items()}
"""Each kind of event leads to one state only."""

FINAL = frozenset({_S.FILLED, _S.EXPIRED, _S.REFUSED, _S.ABANDONED})


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Order:
    """One order as its events tell it."""

    order: str
    pair: str
    side: Side
    reason: Reason
    origin: str
    score: float | None
    position: str | None
    asked_at: int
    state: OrderState
    sent: OrderSubmitting | None = None
    exchange_id: str | None = None
    fills: tuple[OrderFillReceived, ...] = ()
    looks: tuple[OrderLooked, ...] = ()
    is_trusted: bool = False
    """A human vouched for it: its fills are taken as they are."""

    @property
    def clean_looks(self) -> tuple[OrderLooked, ...]:
        """The unbroken row of looks, up to the newest, that explain everything without it."""
        row: list[OrderLooked] = []
        for look in reversed(self.looks):
            if not look.is_clean:
                break
            row.append(look)
        return tuple(reversed(row))

    @property
    def is_final(self) -> bool:
        """Nothing more can happen to it."""
        return self.state in FINAL

    @property
    def filled_quantity(self) -> Decimal:
        """Coins bought or sold so far."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def funds(self) -> Jpy:
        """Yen that moved so far, without fees."""
        return Jpy(sum((fill.funds.amount for fill in self.fills), Decimal(0)))

    @property
    def fee(self) -> Jpy:
        """Fees so far, in JPY."""
        return Jpy(sum((fill.fee.amount for fill in self.fills), Decimal(0)))

    @property
    def price(self) -> Jpy:
        """Volume-weighted price of the fills; needs at least one."""
        return Jpy(self.funds.amount / self.filled_quantity)

    def has_fill(self, fill: str) -> bool:
        """True when that fill of the exchange is booked already."""
        return any(one.fill == fill for one in self.fills)


def apply(order: Order | None, event: OrderEvent) -> Order:
    """The order after one more event. Raises IllegalTransition for a move not in TRANSITIONS."""
    before = order.state if order is not None else None
    state = TRANSITIONS.get((before, type(event)))
    if state is None:
        raise IllegalTransition(f"{type(event).__name__} cannot follow {before or 'nothing'}")
    if isinstance(event, OrderRequested):
        return Order(
            order=event.order,
            pair=event.pair,
            side=event.side,
            reason=event.reason,
            origin=event.origin,
            score=event.score,
            position=event.position,
            asked_at=event.asked_at,
            state=state,
        )
    assert order is not None  # only OrderRequested starts from nothing
    if event.order != order.order:
        raise IllegalTransition(f"{event.order} is not {order.order}")
    sent, exchange_id, fills = order.sent, order.exchange_id, order.fills
    looks, is_trusted = order.looks, order.is_trusted
    match event:
        case OrderSubmitting():
            sent = event
        case OrderPlaced() | OrderAdopted():
            exchange_id = event.exchange_id
        case OrderLooked():
            looks = (*looks, event)
        case OrderReleased():
            is_trusted = True
        case OrderFillReceived():
            if order.has_fill(event.fill):
                raise IllegalTransition(f"fill {event.fill} is booked already")
            fills = (*fills, event)
        case _:
            pass
    return Order(
        order.order,
        order.pair,
        order.side,
        order.reason,
        order.origin,
        order.score,
        order.position,
        order.asked_at,
        state,
        sent,
        exchange_id,
        fills,
        looks,
        is_trusted,
    )


def fold(events: Iterable[OrderEvent]) -> Order | None:
    """The order that a stream tells of; None for an empty stream."""
    order: Order | None = None
    for event in events:
        order = apply(order, event)
    return order
