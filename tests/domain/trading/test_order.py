"""An order as a fold of its events: the table of moves, and what every legal path keeps."""

from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import domain.events as e
from domain.errors import IllegalTransition
from domain.money import Jpy
from domain.trading.order import FINAL, TRANSITIONS, Order, OrderState, apply, fold

ORDER, PAIR = "0123456789abcdef", "eth_usdt"
S = OrderState


def jpy(value: Decimal | int) -> Jpy:
    return Jpy(Decimal(value))


def fill(number: int, quantity: Decimal, price: Decimal, fee: Decimal) -> e.OrderFillReceived:
    funds = Jpy(quantity * price)
    return e.OrderFillReceived(ORDER, f"f{number}", quantity, Jpy(price), funds, Jpy(fee), 5)


def first_fill() -> e.OrderFillReceived:
    return fill(1, Decimal(2), Decimal(100), Decimal(1))


EVENTS: dict[type[e.OrderEvent], Callable[[], e.OrderEvent]] = {
    e.OrderRequested: lambda: e.OrderRequested(
        ORDER, PAIR, e.Side.BUY, e.Reason.SIGNAL, "20251010T2115Z", 0.4, None, 3
    ),
    e.OrderSubmitting: lambda: e.OrderSubmitting(
        ORDER,
        PAIR,
        jpy(500),
        None,
        None,
        jpy(99),
        jpy(100),
        jpy(9000),
        jpy(0),
        Decimal(0),
        Decimal(0),
        1,
        4,
    ),
    e.OrderPlaced: lambda: e.OrderPlaced(ORDER, PAIR, "12345"),
    e.OrderInDoubt: lambda: e.OrderInDoubt(ORDER, PAIR, "timeout"),
    e.OrderLooked: lambda: e.OrderLooked(ORDER, PAIR, 9, jpy(0), Decimal(0)),
    e.OrderAdopted: lambda: e.OrderAdopted(ORDER, PAIR, "12345", "the only one"),
    e.OrderProvenAbsent: lambda: e.OrderProvenAbsent(ORDER, PAIR, "6 looks"),
    e.OrderQuarantined: lambda: e.OrderQuarantined(ORDER, PAIR, "f9", "far off"),
    e.OrderReleased: lambda: e.OrderReleased(ORDER, PAIR, "looked at"),
    e.OrderAbandoned: lambda: e.OrderAbandoned(ORDER, PAIR, "gone"),
    e.OrderFillReceived: first_fill,
    e.OrderFilled: lambda: e.OrderFilled(
        ORDER, PAIR, e.Side.BUY, Decimal(500), Decimal(2), jpy(100), jpy(200), jpy(1)
    ),
    e.OrderExpired: lambda: e.OrderExpired(
        ORDER, PAIR, e.Side.BUY, Decimal(500), Decimal(0), jpy(0), jpy(0)
    ),
    e.OrderRefused: lambda: e.OrderRefused(ORDER, PAIR, "minimum", "too small"),
}
PATHS: dict[OrderState, tuple[type[e.OrderEvent], ...]] = {
    S.REQUESTED: (e.OrderRequested,),
    S.SUBMITTING: (e.OrderRequested, e.OrderSubmitting),
    S.PLACED: (e.OrderRequested, e.OrderSubmitting, e.OrderPlaced),
    S.IN_DOUBT: (e.OrderRequested, e.OrderSubmitting, e.OrderInDoubt),
    S.PROVEN_ABSENT: (e.OrderRequested, e.OrderSubmitting, e.OrderInDoubt, e.OrderProvenAbsent),
    S.QUARANTINED: (e.OrderRequested, e.OrderSubmitting, e.OrderInDoubt, e.OrderQuarantined),
    S.ABANDONED: (e.OrderRequested, e.OrderSubmitting, e.OrderInDoubt, e.OrderAbandoned),
    S.PARTLY_FILLED: (e.OrderRequested, e.OrderSubmitting, e.OrderPlaced, e.OrderFillReceived),
    S.FILLED: (
        e.OrderRequested, e.OrderSubmitting, e.OrderPlaced, e.OrderFillReceived, e.OrderFilled,
    ),
    S.EXPIRED: (e.OrderRequested, e.OrderSubmitting, e.OrderPlaced, e.OrderExpired),
    S.REFUSED: (e.OrderRequested, e.OrderRefused),
}  # fmt: skip
KINDS = list(EVENTS)


def in_state(state: OrderState) -> Order:
    order = fold(EVENTS[kind]() for kind in PATHS[state])
    assert order is not None
    assert order.state is state
    return order


class AnyOrder(RuleBasedStateMachine):
    """Throws every kind of event at an order; the table says which must be refused."""

    def __init__(self) -> None:
        super().__init__()
        self.order: Order | None = None
        self.events: list[e.OrderEvent] = []
        self.fills: list[e.OrderFillReceived] = []

    @initialize(state=st.sampled_from([None, *PATHS]))
    def starts_anywhere(self, state: OrderState | None) -> None:
        for kind in PATHS[state] if state else ():
            self.offer(EVENTS[kind]())

    def offer(self, event: e.OrderEvent) -> None:
        before = self.order.state if self.order else None
        wanted = TRANSITIONS.get((before, type(event)))
        if wanted is None:
            with pytest.raises(IllegalTransition, match=type(event).__name__):
                apply(self.order, event)
            return
        self.order = apply(self.order, event)
        self.events.append(event)
        assert self.order.state is wanted
        if isinstance(event, e.OrderFillReceived):
            self.fills.append(event)

    def legal(self) -> list[type[e.OrderEvent]]:
        state = self.order.state if self.order else None
        return [kind for before, kind in TRANSITIONS if before == state]

    @rule(data=st.data())
    def a_legal_event(self, data: st.DataObject) -> None:
        # fills have their own rule
        kinds = [kind for kind in self.legal() if kind is not e.OrderFillReceived]
        if kinds:
            self.offer(EVENTS[data.draw(st.sampled_from(kinds))]())

    @rule(kind=st.sampled_from([one for one in KINDS if one is not e.OrderFillReceived]))
    def any_event_that_is_not_legal(self, kind: type[e.OrderEvent]) -> None:
        if kind not in self.legal():
            self.offer(EVENTS[kind]())

    @rule(
        quantity=st.decimals("0.00000001", 1000, places=8),
        price=st.decimals("0.001", 10**7, places=3),
        fee=st.decimals(0, 100, places=2),
    )
    def a_fill(self, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        self.offer(fill(len(self.fills) + 1, quantity, price, fee))

    @rule(data=st.data())
    def a_fill_is_booked_once(self, data: st.DataObject) -> None:
        if self.fills:
            assert self.order is not None
            again = data.draw(st.sampled_from(self.fills))
            assert self.order.has_fill(again.fill)
            with pytest.raises(IllegalTransition):
                apply(self.order, again)

    @rule(data=st.data())
    def another_order_is_none_of_its_business(self, data: st.DataObject) -> None:
        if self.order and (kinds := self.legal()):
            event = EVENTS[data.draw(st.sampled_from(kinds))]()
            with pytest.raises(IllegalTransition):
                apply(self.order, attrs.evolve(event, order="another"))

    @invariant()
    def what_is_filled_is_the_sum_of_the_fills(self) -> None:
        if self.order is None:
            return
        assert self.order.fills == tuple(self.fills)
        assert self.order.filled_quantity == sum(one.quantity for one in self.fills)
        assert self.order.funds.amount == sum(one.funds.amount for one in self.fills)
        assert self.order.fee.amount == sum(one.fee.amount for one in self.fills)
        if self.fills:
            prices = [one.price.amount for one in self.fills]
            off = Decimal("1e-12") * max(prices)
            assert min(prices) - off <= self.order.price.amount <= max(prices) + off

    @invariant()
    def what_was_asked_never_changes(self) -> None:
        if self.order is not None:
            asked = self.events[0]
            assert isinstance(asked, e.OrderRequested)
            for name in attrs.fields_dict(e.OrderRequested):
                assert getattr(self.order, name) == getattr(asked, name)

    @invariant()
    def a_final_order_is_final(self) -> None:
        if self.order is not None:
            assert self.order.is_final == (self.order.state in FINAL)
            assert not (self.order.is_final and self.legal())

    @invariant()
    def the_log_tells_the_same(self) -> None:
        assert fold(self.events) == self.order


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(deadline=None, max_examples=60, stateful_step_count=20)


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_state_takes_just_the_events_of_the_table(
    state: OrderState, kind: type[e.OrderEvent]
) -> None:
    order, event = in_state(state), EVENTS[kind]()
    if isinstance(event, e.OrderFillReceived):
        event = attrs.evolve(event, fill="f2")
    if (state, kind) in TRANSITIONS:
        assert apply(order, event).state is TRANSITIONS[state, kind]
    else:
        with pytest.raises(IllegalTransition, match=f"{kind.__name__} cannot follow {state}"):
            apply(order, event)


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.__name__)
def test_only_a_request_starts_an_order(kind: type[e.OrderEvent]) -> None:
    with pytest.raises(IllegalTransition, match="cannot follow nothing"):
        apply(None, EVENTS[kind]())


def test_a_fill_is_booked_once() -> None:
    with pytest.raises(IllegalTransition, match="fill f1 is booked already"):
        apply(in_state(S.PARTLY_FILLED), first_fill())


def test_no_events_are_no_order() -> None:
    assert fold([]) is None


def test_nothing_follows_a_final_state() -> None:
    assert not [one for one, _ in TRANSITIONS if one in FINAL]


def test_an_order_remembers_what_was_sent_and_where() -> None:
    order = in_state(S.PLACED)
    assert order.sent == EVENTS[e.OrderSubmitting]()
    assert (order.exchange_id, order.is_final) == ("12345", False)


def test_the_price_is_weighted_by_volume() -> None:
    second = fill(2, Decimal(6), Decimal(200), Decimal(3))
    order = apply(in_state(S.PARTLY_FILLED), second)
    assert order.price == jpy(175)
    assert (order.filled_quantity, order.funds, order.fee) == (Decimal(8), jpy(1400), jpy(4))
