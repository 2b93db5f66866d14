"""One order from intent to booked position: on the log first, sent once, confirmed, booked.

A message may come twice, late or out of order: whatever the log says already happened is not
done again. An order found between "submitting" and "placed" has lost its answer and is in
doubt: it is looked for, and never sent again.
"""

from collections.abc import Callable, Sequence

import attrs

from application.commit import Log
from application.errors import Broken, ConfigurationError, InDoubt, OutsideError, Refused, Retryable
from application.policy import Policy
from application.ports.clock import Clock
from application.ports.exchange import Exchange, MarketOrder
from application.read_models import PositionRow
from application.trading.book_order import book_order
from application.trading.resolve_doubt import resolve_doubt
from application.trading.size_order import Ready, prepare
from domain.events import (
    Commit,
    OrderEvent,
    OrderInDoubt,
    OrderPlaced,
    OrderRefused,
    OrderSubmitting,
    PositionWrittenOff,
)
from domain.events.recorded import event_id
from domain.instruments import Instruments
from domain.parameters import StrategyParameters
from domain.trading import order as orders
from domain.trading.order import Order, OrderState


def _nobody_asks(_: str) -> None:
    """For whoever needs no words on what is tried again anyway."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Desk:
    """Where orders are executed: the sockets and rules that every step needs.

    `looks` times, `look_every_s` seconds apart, a placed order is looked at for its fills; for
    `patience_s` seconds an order in doubt is looked for. What is still missing then is left to
    a later message. `put_off` is told why an order could not even be prepared.
    """

    log: Log
    exchange: Exchange
    clock: Clock
    instruments: Instruments
    policy: Policy
    parameters: StrategyParameters
    looks: int = 5
    look_every_s: float = 1.0
    patience_s: float = 130.0
    put_off: Callable[[str], None] = _nobody_asks


async def execute_order(order: str, *, desk: Desk) -> tuple[Commit, ...]:
    """Bring one order as far as it will go now; returns what was recorded.

    Raises Conflict when another executor works on the same order.
    """
    stream = f"order/{order}"
    history = await desk.log.store.read(stream)
    state = orders.fold(event for commit in history for event in commit.events)  # type: ignore[misc]
    if state is None or state.is_final or state.state is OrderState.QUARANTINED:
        return ()
    if state.sent is not None and not state.sent.sent_at:
        state = attrs.evolve(state, sent=attrs.evolve(state.sent, sent_at=_sent_at(history)))
    done = Progress(desk, stream, state, history[-1].last_version, history[0].correlation)
    if state.state is OrderState.REQUESTED:
        await _submit(done)
    elif state.state is OrderState.SUBMITTING:
        detail = "the process stopped between sending and hearing the answer"
        await done.record(OrderInDoubt(order, state.pair, detail))
    if done.order.state is OrderState.IN_DOUBT:
        await resolve_doubt(done)
    if done.order.state in (OrderState.PLACED, OrderState.PARTLY_FILLED):
        await book_order(done)
    return tuple(done.commits)


def _sent_at(history: Sequence[Commit]) -> int:
    """When an order was sent whose event was written before it told so (ms)."""
    return next(
        commit.at
        for commit in history
        if any(isinstance(event, OrderSubmitting) for event in commit.events)
    )


class Progress:
    """An order being worked on: its fold, its stream's version, and what was recorded."""

    def __init__(
        self, desk: Desk, stream: str, order: Order, version: int, correlation: str
    ) -> None:
        self.desk = desk
        self.stream = stream
        self.order = order
        self.version = version
        self.correlation = correlation
        self.commits: list[Commit] = []

    def commit(self, *events: OrderEvent, at: int) -> Commit:
        """The next commit of the order's own stream, caused by the event before it."""
        return self.desk.log.commit(
            self.stream,
            self.version + 1,
            events,
            at=at,
            correlation=self.correlation,
            causation=event_id(self.stream, self.version),
        )

    async def record(
        self, *events: OrderEvent, others: tuple[Commit, ...] = (), at: int | None = None
    ) -> None:
        """Append the order's next events, atomically with commits to other streams.

        `at` (ms) is the one time of all that belongs together; now, if it is not given.
        """
        after = self.order
        for event in events:
            after = orders.apply(after, event)
        moment = self.desk.clock.now() if at is None else at
        self.commits += await self.desk.log.append(self.commit(*events, at=moment), *others)
        self.order = after
        self.version += len(events)


def _writing_off(done: Progress, row: PositionRow, now: int) -> Commit:
    """The position whose coins are gone ends here, instead of being sold at every tick."""
    assert row.open is not None  # that is what makes it gone
    event = PositionWrittenOff(row.position_id, row.pair, done.order.order, row.open.quantity, now)
    return done.desk.log.commit(
        f"position/{row.position_id}",
        row.version + 1,
        [event],
        at=now,
        correlation=done.correlation,
        causation=event_id(done.stream, done.version + 1),
    )


async def _submit(done: Progress) -> None:
    """Size the order, put the intent on the log, and only then send it."""
    desk, order = done.desk, done.order
    try:
        ready = await prepare(order, desk)
    except (Retryable, Broken) as failure:
        desk.put_off(f"nothing was sent, the next message tries again: {failure}")
        return
    if not isinstance(ready, Ready):
        refused = OrderRefused(order.order, order.pair, ready.guard, ready.detail)
        now = desk.clock.now()
        others = () if ready.gone is None else (_writing_off(done, ready.gone, now),)
        await done.record(refused, others=others, at=now)
        return
    sending = ready.submitting
    await done.record(sending)
    try:
        exchange_id = await desk.exchange.place(
            MarketOrder(order.pair, order.side, sending.amount, sending.quantity), sending.nonce
        )
    except ConfigurationError as failure:
        # the exchange does not know us: nothing was placed, and a human has to put it right
        await done.record(OrderRefused(order.order, order.pair, "configuration", str(failure)))
        raise
    except (Refused, Retryable) as failure:
        # neither reached the book; a Retryable is not tried again here, the market has moved on
        kind = "exchange" if isinstance(failure, Refused) else "not_sent"
        await done.record(OrderRefused(order.order, order.pair, kind, str(failure)))
    except InDoubt as failure:
        await done.record(OrderInDoubt(order.order, order.pair, str(failure)))
    except OutsideError as failure:
        # an answer that cannot be read says nothing about whether the order is on the book
        await done.record(OrderInDoubt(order.order, order.pair, f"unreadable answer: {failure}"))
    else:
        await done.record(OrderPlaced(order.order, order.pair, exchange_id))
