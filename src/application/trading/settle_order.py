"""A human's word about an order that evidence cannot settle: adopt it, release it, give it up."""

from enum import StrEnum

from application.commit import Log
from application.errors import InputError
from application.ports.clock import Clock
from domain.events import Commit, OrderAbandoned, OrderAdopted, OrderReleased
from domain.events.recorded import event_id
from domain.trading import order as orders
from domain.trading.order import TRANSITIONS


class Ruling(StrEnum):
    """What the human found out."""

    ADOPT = "adopt"
    RELEASE = "release"
    ABANDON = "abandon"


async def settle_order(
    order: str,
    ruling: Ruling,
    reason: str,
    *,
    exchange_id: str | None,
    log: Log,
    clock: Clock,
) -> tuple[Commit, ...]:
    """Record the ruling; the trader goes on with the order at its next tick.

    Adopting needs the exchange's id. Raises InputError for an order that is not there or that
    waits for nobody, and for a reason that says nothing.
    """
    stream = f"order/{order}"
    history = await log.store.read(stream)
    state = orders.fold(event for commit in history for event in commit.events)  # type: ignore[misc]
    if state is None:
        raise InputError(f"there is no order {order!r} on this log: `events` lists them")
    if not reason.strip():
        raise InputError("--because: say what you saw; it stays on the log")
    if (ruling is Ruling.ADOPT) != (exchange_id is not None):
        raise InputError("--adopt needs the exchange's id of the order, and only --adopt does")
    event: OrderAdopted | OrderReleased | OrderAbandoned
    if exchange_id is not None:
        event = OrderAdopted(order, state.pair, exchange_id, f"by hand: {reason}")
    elif ruling is Ruling.RELEASE:
        event = OrderReleased(order, state.pair, reason)
    else:
        event = OrderAbandoned(order, state.pair, reason)
    if (state.state, type(event)) not in TRANSITIONS:
        raise InputError(f"order {order} is {state.state}: there is nothing to {ruling} in it")
    version = history[-1].last_version
    return await log.append(
        log.commit(
            stream,
            version + 1,
            [event],
            at=clock.now(),
            correlation=history[0].correlation,
            causation=event_id(stream, version),
        )
    )
