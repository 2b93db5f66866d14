"""Losses that stop buying, and when buying resumes. Selling is never stopped."""

from decimal import Decimal

import attrs

from domain.events import BreakerEvent, CircuitBreakerReset, CircuitBreakerTripped
from domain.instant import DAY, SECOND
from domain.money import Jpy
from domain.parameters import StrategyParameters
from domain.quick import quickly_made


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Breaker:
    """What the breaker remembers: results of the last 24 h and the losses in a row.

    `results` are (closed at ms, gain in JPY), oldest first; `tripped_at` is None while closed.
    """

    results: tuple[tuple[int, Jpy], ...] = ()
    losses_in_a_row: int = 0
    tripped_at: int | None = None


def after_close(breaker: Breaker, closed_at: int, gain: Jpy) -> Breaker:
    """The breaker after one more closed position."""
    kept = tuple(one for one in breaker.results if one[0] > closed_at - DAY)
    losses = breaker.losses_in_a_row + 1 if gain.amount < 0 else 0
    return Breaker((*kept, (closed_at, gain)), losses, breaker.tripped_at)


def tripped_by(breaker: Breaker, p: StrategyParameters) -> CircuitBreakerTripped | None:
    """The trip that the newest result causes, if any; a tripped breaker does not trip again."""
    if breaker.tripped_at is not None:
        return None
    lost = Jpy(-sum((gain.amount for _, gain in breaker.results), Decimal(0)))
    if lost.amount > p.breaker_loss_jpy:
        reason = "loss_24h"
    elif breaker.losses_in_a_row >= p.breaker_losses_in_a_row:
        reason = "losses_in_a_row"
    else:
        return None
    return CircuitBreakerTripped(reason, lost, breaker.losses_in_a_row)


def may_reset(breaker: Breaker, now: int, p: StrategyParameters) -> bool:
    """True when the pause after a trip is over (now in ms)."""
    tripped_at = breaker.tripped_at
    return tripped_at is not None and now >= tripped_at + p.breaker_pause_s * SECOND


def apply(breaker: Breaker, event: BreakerEvent, at: int) -> Breaker:
    """The breaker after one of its events, at a time in ms."""
    match event:
        case CircuitBreakerTripped():
            return attrs.evolve(breaker, tripped_at=at)
        case CircuitBreakerReset():
            return attrs.evolve(breaker, tripped_at=None, losses_in_a_row=0)
