"""Every tick: peaks and stops are raised, exits asked for, forgotten orders sent again."""

from contextlib import suppress

import attrs

from application.commit import Log
from application.errors import OutsideError
from application.policy import Policy
from application.ports.exchange import Exchange
from application.ports.order_queue import OrderQueue
from application.read_models import ANALYSIS_STATE, BREAKER, BREAKER_KEY, POSITIONS, PositionRow
from domain.events import (
    CircuitBreakerReset,
    Commit,
    OrderRequested,
    PositionEvent,
    Reason,
    Side,
    StopLossHit,
    TakeProfitHit,
)
from domain.events.recorded import event_id
from domain.identity import exit_id, order_id
from domain.parameters import StrategyParameters
from domain.strategy.circuit_breaker import may_reset
from domain.trading.order import FINAL, OrderState

RESENT = frozenset(OrderState) - FINAL - {OrderState.QUARANTINED}
"""Orders in these states are worked on again at every tick, whether a message was lost or not."""


@attrs.frozen(slots=True, weakref_slot=False)
class Watched:
    """What a round of watching recorded, and the pairs that could not be judged this time."""

    commits: tuple[Commit, ...]
    unseen: tuple[str, ...]


_NOTHING = Watched((), ())


async def watch_positions(
    tick: int,
    *,
    log: Log,
    exchange: Exchange,
    order_queue: OrderQueue,
    policy: Policy,
    parameters: StrategyParameters,
) -> Watched:
    """Judge every open position on the price seen at the tick (ms).

    A position whose price cannot be had, or that somebody else moved meanwhile, is judged
    again at the next tick. Raises Retryable when the tables cannot be read.
    """
    commits: list[Commit] = []
    breaker = await log.tables.get(BREAKER, BREAKER_KEY)
    if breaker is not None and may_reset(breaker.breaker, tick, parameters):
        commits += await log.append(_reset(breaker.version, tick, log))
    under_way = await log.tables.flagged(ANALYSIS_STATE)
    busy = set()
    for order in under_way:
        busy.add(order.pair)
        if order.state in RESENT:
            # a queue that fails now is asked again at the next tick
            with suppress(OutsideError):
                await order_queue.send(order.order)
    unseen = []
    exits = policy.exits
    for row in await log.tables.flagged(POSITIONS):
        if row.open is None or row.pair in busy:
            continue
        try:
            price = await exchange.price(row.pair)
            events = exits(row.open, price, parameters)
            if events:
                commits += await log.append(*_moves(row, events, tick, log))
        except OutsideError:
            unseen.append(row.pair)  # one position that cannot be judged holds up no other
    return Watched(tuple(commits), tuple(unseen)) if commits or unseen else _NOTHING


def _reset(version: int, tick: int, log: Log) -> Commit:
    return log.commit(
        "breaker",
        version + 1,
        [CircuitBreakerReset()],
        at=tick,
        correlation=f"tick/{tick}",
        causation=event_id("breaker", version),
    )


def _moves(
    row: PositionRow, events: tuple[PositionEvent, ...], tick: int, log: Log
) -> list[Commit]:
    """The position's commit and, when it is to be left, the exit order's."""
    stream = f"position/{row.position_id}"
    correlation = f"tick/{tick}"
    commits = [
        log.commit(
            stream,
            row.version + 1,
            events,
            at=tick,
            correlation=correlation,
            causation=event_id(stream, row.version),
        )
    ]
    last = events[-1]
    if isinstance(last, StopLossHit | TakeProfitHit):
        origin = exit_id(row.position_id, tick)
        order = order_id(origin, row.pair, Side.SELL)
        is_stop = isinstance(last, StopLossHit)
        request = OrderRequested(
            order=order,
            pair=row.pair,
            side=Side.SELL,
            reason=Reason.STOP_LOSS if is_stop else Reason.TAKE_PROFIT,
            origin=origin,
            score=None,
            position=row.position_id,
            asked_at=tick,
        )
        commits.append(
            log.commit(
                f"order/{order}",
                1,
                [request],
                at=tick,
                correlation=origin,
                causation=event_id(stream, row.version + len(events)),
            )
        )
    return commits
