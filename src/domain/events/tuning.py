"""What the tuner tried, changed, looked at again and took back.

Ratios are Sharpe ratios of daily differences in JPY, with the change minus without it; they are
per day, not a year's. `tried` counts every candidate that was ever tried, this night's included.
"""

import attrs

from domain.quick import quickly_made


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class ParameterMove:
    """One parameter of the strategy, before and after."""

    name: str
    before: float
    after: float


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class ShutGate:
    """A condition for proposing a change that did not hold, with its numbers in words."""

    gate: str
    detail: str


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Trial:
    """A candidate and what the replayed log says of it: what it would have gained (JPY)."""

    moves: tuple[ParameterMove, ...]
    ratio: float
    gain_jpy: float


@attrs.frozen(slots=True, weakref_slot=False)
class TuningRefused:
    """A night (YYYY-MM-DD) on which no change may be proposed, and why not."""

    day: str
    gates: tuple[ShutGate, ...]
    tried: int


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class ChangesTried:
    """A night's candidates, and the walk-forward test of what would have been chosen.

    `days` (out of sample) gained `gain_jpy`, at a ratio whose deflated probability of being more
    than luck is `probability`. `refusal` says why nothing was changed; None: something was.
    """

    day: str
    proposer: str
    trials: tuple[Trial, ...]
    turned_away: tuple[str, ...]
    tried: int
    days: int
    gain_jpy: float
    ratio: float
    probability: float
    refusal: str | None


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class ParametersChanged:
    """From here on new positions are opened by other parameters."""

    change: str
    day: str
    proposer: str
    moves: tuple[ParameterMove, ...]
    days: int
    gain_jpy: float
    probability: float
    tried: int


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class ParametersReviewed:
    """A change held against the `days` after it, by the test that it had to pass.

    `gain_jpy` is what it gained in them, `worse` the probability that they were worse with it.
    """

    change: str
    day: str
    days: int
    gain_jpy: float
    worse: float
    kept: bool


@attrs.frozen(slots=True, weakref_slot=False)
class ParametersRolledBack:
    """A change was taken back, by "review" or by "hand"; `moves` lead back."""

    change: str
    day: str
    moves: tuple[ParameterMove, ...]
    by: str


@attrs.frozen(slots=True, weakref_slot=False)
class ProposalPaid:
    """A proposer that costs money was asked: tokens in and out, and USD."""

    day: str
    proposer: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
