"""What was decided, and what stopped a buy."""

from enum import StrEnum

import attrs

from domain.money import Jpy
from domain.quick import quickly_made


class Action(StrEnum):
    """What an analysis ends in."""

    BUY = "buy"
    SELL = "sell"
    HOLD = "hold"


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Refusal:
    """A pair that was considered and not traded: which guard stopped it, with its numbers.

    The condition read `value` `operator` `limit` and did not hold.
    """

    pair: str
    guard: str
    value: float
    operator: str
    limit: float


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class ChosenTrade:
    """One trade of a decision. `threshold` is the one that the score was held against."""

    pair: str
    action: Action
    score: float
    threshold: float
    order: str


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class DecisionMade:
    """The one outcome of an analysis: hold, buys, or sells.

    `ranking` is best first; `held` names the pairs with an open position.
    """

    analysis: str
    action: Action
    trades: tuple[ChosenTrade, ...]
    ranking: tuple[str, ...]
    held: tuple[str, ...]
    refused: tuple[Refusal, ...]


@attrs.frozen(slots=True, weakref_slot=False)
class CircuitBreakerTripped:
    """Buying stops: the loss over 24 h (JPY, positive) or the streak of losses was too much."""

    reason: str
    loss_24h: Jpy
    losses_in_a_row: int


@attrs.frozen(slots=True, weakref_slot=False)
class CircuitBreakerReset:
    """Buying resumes; the streak of losses starts again at 0."""
