"""A change of parameters that is small enough: one that is not cannot be made.

Weights move by at most 0.05 and go on summing to 1; the buy or the sell threshold moves by at most
0.03. One change is of the weights or of one threshold, never of both.
"""

from collections.abc import Mapping
from typing import Final, Self

import attrs

from domain.errors import DomainError
from domain.events import ParameterMove
from domain.parameters import StrategyParameters

WEIGHTS: Final = ("weight_technical", "weight_forecast", "weight_sentiment", "weight_market")
THRESHOLDS: Final = ("buy_threshold", "sell_threshold")
MOST_WEIGHT: Final = 0.05
MOST_THRESHOLD: Final = 0.03
_DUST: Final = 1e-9
"""What sums of decimal fractions may be off by."""


class TooFarError(DomainError, ValueError):
    """A change that is larger than one may be, or of something else; the text names it."""


@attrs.frozen(slots=True, weakref_slot=False)
class Change:
    """What is to be different. Raises TooFarError instead of coming about."""

    moves: tuple[ParameterMove, ...]

    def __attrs_post_init__(self) -> None:
        """Hold it to the bounds."""
        if not self.moves:
            raise TooFarError("a change changes something")
        names = [one.name for one in self.moves]
        if len(set(names)) != len(names):
            raise TooFarError(f"{', '.join(names)}: each may be named once")
        if set(names) <= set(THRESHOLDS) and len(names) == 1:
            most = MOST_THRESHOLD
        elif set(names) <= set(WEIGHTS):
            most = MOST_WEIGHT
            drift = sum(one.after - one.before for one in self.moves)
            if abs(drift) > _DUST:
                raise TooFarError(f"weights have to go on summing to 1; these add {drift:+g}")
        else:
            raise TooFarError(f"{', '.join(names)}: change weights alone, or one threshold")
        for one in self.moves:
            if not abs(one.after - one.before) <= most + _DUST:
                raise TooFarError(
                    f"{one.name} moves from {one.before:g} to {one.after:g}; at most by {most:g}"
                )

    @classmethod
    def between(cls, now: StrategyParameters, wanted: Mapping[str, float]) -> Self:
        """From what holds now to what is wanted; names that stay as they are are left out.

        Raises TooFarError, also for a name that may not be tuned.
        """
        moves = []
        for name, after in sorted(wanted.items()):
            if name not in (*WEIGHTS, *THRESHOLDS):
                raise TooFarError(f"{name} is not tuned: choose from weights and thresholds")
            before = getattr(now, name)
            if after != before:
                moves.append(ParameterMove(name, before, after))
        return cls(tuple(moves))

    def applied(self, now: StrategyParameters) -> StrategyParameters:
        """The parameters after it. Raises ParameterError where they contradict each other."""
        return now.with_settings([f"{one.name}={one.after!r}" for one in self.moves])

    def undone(self) -> "Change":
        """The way back."""
        return Change(tuple(ParameterMove(one.name, one.after, one.before) for one in self.moves))
