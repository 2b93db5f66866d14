"""Which parameters held when: the configured ones, and what the log's changes made of them.

A position is left by the parameters that it was opened by, so old ones go on being needed.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final, Self

import attrs

from domain.errors import ParameterError
from domain.events import (
    Event,
    ParameterMove,
    ParametersChanged,
    ParametersRolledBack,
)
from domain.parameters import StrategyParameters

STREAM: Final = "parameters"
"""The stream of what was changed, reviewed and taken back: short, for everybody reads it."""
LEDGER: Final = "tuning"
"""The stream of what was tried, and of nights on which nothing might be."""


@attrs.frozen(slots=True, weakref_slot=False)
class InForce:
    """Parameters from a time (ms) on, and the change that they came by; "" for configured ones."""

    since: int
    parameters: StrategyParameters
    change: str


@attrs.frozen(slots=True, weakref_slot=False)
class ParameterHistory:
    """All parameters that were in force, oldest first, and the changes that came to nothing.

    A move whose `before` is not what is in force was overtaken: the owner has configured
    something else since, and his hand wins.
    """

    steps: tuple[InForce, ...]
    overtaken: tuple[str, ...] = ()

    @classmethod
    def of(cls, configured: StrategyParameters, events: Iterable[tuple[int, Event]]) -> Self:
        """Fold (time in ms, event) pairs of the stream over what is configured."""
        steps = [InForce(0, configured, "")]
        overtaken = []
        for at, event in events:
            if not isinstance(event, ParametersChanged | ParametersRolledBack):
                continue
            after = _moved(steps[-1].parameters, event.moves)
            if after is None:
                overtaken.append(event.change)
            else:
                steps.append(InForce(at, after, event.change))
        return cls(tuple(steps), tuple(overtaken))

    @property
    def newest(self) -> StrategyParameters:
        """What new positions are opened by."""
        return self.steps[-1].parameters

    def at(self, moment: int) -> StrategyParameters:
        """What was in force at a time (ms)."""
        if len(self.steps) == 1:
            return self.steps[0].parameters
        return self.steps[bisect_right(self.steps, moment, key=attrgetter("since")) - 1].parameters


def _moved(now: StrategyParameters, moves: Sequence[ParameterMove]) -> StrategyParameters | None:
    """The parameters after the moves; None where they do not start from these."""
    if any(getattr(now, one.name, None) != one.before for one in moves):
        return None
    try:
        return now.with_settings([f"{one.name}={one.after!r}" for one in moves])
    except ParameterError:
        return None
