"""Asked for changes of the strategy's parameters that may be worth trying."""

from collections.abc import Callable
from typing import Protocol

import attrs

from domain.parameters import StrategyParameters
from domain.tuning.change import Change


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Question:
    """What a proposer is told. `score` trades the recorded days again, the earlier ones only.

    It gives the daily Sharpe ratio of a change's differences; each change that is asked about
    counts as a try, so that asking more makes every answer worth less, and at most `tries` are
    allowed. `seed` is the night's; `record` sums up the last days in words.
    """

    now: StrategyParameters
    score: Callable[[Change], float]
    tries: int
    seed: int
    record: str


@attrs.frozen(slots=True, weakref_slot=False)
class Paid:
    """What an answer cost: tokens in and out, and USD."""

    input_tokens: int
    output_tokens: int
    cost_usd: float


@attrs.frozen(slots=True, weakref_slot=False)
class Proposal:
    """Changes within the bounds, each once; `turned_away` says in words what was not within."""

    changes: tuple[Change, ...]
    turned_away: tuple[str, ...] = ()
    paid: Paid | None = None


class Proposer(Protocol):
    """Where changes come from. It decides nothing: gates and tests are the same for all."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    async def propose(self, question: Question) -> Proposal:
        """Changes to try; none is an answer. Raises Retryable when it cannot be reached now.

        Raises Broken for an answer that makes no sense or for too many tries, ConfigurationError
        for a key that fails.
        """
        ...
