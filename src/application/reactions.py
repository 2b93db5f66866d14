"""Event -> what is sent because of it. A reaction only sends; whatever decides is a use case.

AnalysisTriggered   -> analysis starter
OrderRequested      -> order queue
trouble and trades  -> notifier
"""

from collections.abc import Iterable

import attrs

from application.errors import OutsideError
from application.ports.analysis_starter import AnalysisStarter
from application.ports.notifier import Notifier
from application.ports.order_queue import OrderQueue
from domain.events import (
    AnalysisTriggered,
    CircuitBreakerReset,
    CircuitBreakerTripped,
    Commit,
    EntryDisbelieved,
    Event,
    OrderAbandoned,
    OrderAdopted,
    OrderFilled,
    OrderInDoubt,
    OrderProvenAbsent,
    OrderQuarantined,
    OrderRequested,
    PositionClosed,
    PositionWrittenOff,
)
from domain.events.recorded import event_id


@attrs.frozen(slots=True, weakref_slot=False)
class Reactions:
    """Where things are sent."""

    analysis_starter: AnalysisStarter
    order_queue: OrderQueue
    notifier: Notifier

    async def to(self, commits: Iterable[Commit]) -> None:
        """Send what follows from what was just recorded."""
        for commit in commits:
            if SENT.isdisjoint(map(type, commit.events)):
                continue  # by far the most: prices, and peaks that went up
            for offset, event in enumerate(commit.events):
                kind = type(event)
                if kind not in SENT:
                    continue
                try:
                    cause = event_id(commit.stream, commit.version + offset)
                    await self._send(event, commit.at, cause)
                except OutsideError:
                    # what was decided stands: an order is sent again at the next tick, an analysis
                    # follows the next price, and a notifier that fails changes nothing
                    continue

    async def _send(self, event: Event, at: int, cause: str) -> None:
        if isinstance(event, AnalysisTriggered):
            await self.analysis_starter.start(event.analysis, at, cause)
        elif isinstance(event, OrderRequested):
            await self.order_queue.send(event.order)
        else:
            await self.notifier.tell(_sentence(event))


TOLD = frozenset(
    {
        OrderFilled,
        PositionClosed,
        PositionWrittenOff,
        OrderInDoubt,
        OrderAdopted,
        OrderProvenAbsent,
        OrderQuarantined,
        OrderAbandoned,
        EntryDisbelieved,
        CircuitBreakerTripped,
        CircuitBreakerReset,
    }
)
"""Events that a human hears of."""
SENT = TOLD | {AnalysisTriggered, OrderRequested}
"""Events that anything is sent for."""


def _sentence(event: object) -> str:
    match event:
        case OrderFilled():
            return f"{event.side} {event.pair}: {event.quantity} at {event.price.amount:.3f} JPY"
        case PositionClosed():
            gain = f"{event.gain.amount:+.0f} JPY ({event.gain_pct:+.2f} %)"
            return f"closed {event.pair} by {event.reason}: {gain}"
        case OrderInDoubt():
            return f"order {event.order} of {event.pair} is in doubt: {event.detail}"
        case PositionWrittenOff():
            missing = f"{event.missing} coins of {event.pair} are not on the account"
            return f"{missing}: position {event.position} is given up; please look"
        case EntryDisbelieved():
            prices = f"entry {event.entry.amount:.3f} JPY, market {event.price.amount:.3f} JPY"
            return f"{event.pair}: {prices}: too far apart, nothing is done; please look"
        case CircuitBreakerTripped():
            return f"circuit breaker tripped: {event.reason}; buying stops"
        case CircuitBreakerReset():
            return "circuit breaker reset: buying resumes"
        case _:
            return _sentence_of_doubt(event)


def _sentence_of_doubt(event: object) -> str:
    match event:
        case OrderAdopted():
            found = f"the exchange has it as {event.exchange_id}"
            return f"order {event.order} of {event.pair} is out of doubt: {found}"
        case OrderProvenAbsent():
            return f"order {event.order} of {event.pair} was never placed: {event.evidence}"
        case OrderQuarantined():
            return f"order {event.order} of {event.pair} is set aside: {event.detail}; please look"
        case OrderAbandoned():
            return f"order {event.order} of {event.pair} was given up: {event.reason}"
        case _:
            raise AssertionError(f"{type(event).__name__} has no sentence")
