"""One arithmetic for one window and for many.

An indicator is a loop over time steps whose operands are floats (one window) or float64 arrays
(one element a window). The few operations that floats and arrays spell differently are here;
+ - * / & and abs() need none. Every operation is exact by IEEE 754, so both give the same bits.
"""

import math
from collections.abc import Callable
from typing import Any, Final, Protocol

import attrs
import numpy as np

Operand = Any
"""A float, or a float64 array with one element a window."""

TINY: Final = 1e-300
"""Stands for a denominator that is 0 where the numerator then is 0 as well."""


class Steps(Protocol):
    """Operands by time step, oldest first; step -1 is the newest."""

    def __getitem__(self, step: int, /) -> Operand:
        """The operand of one step."""
        ...


@attrs.frozen(slots=True, weakref_slot=False)
class Ops:
    """Operations on operands; `where(condition, yes, no)` chooses by element."""

    where: Callable[[Any, Operand, Operand], Operand]
    maximum: Callable[[Operand, Operand], Operand]
    minimum: Callable[[Operand, Operand], Operand]
    sqrt: Callable[[Operand], Operand]
    constant: Callable[[float], Operand]
    """A number for use in a loop: numpy takes an array without dimensions twice as fast."""

    def clamp(self, value: Operand, low: Operand, high: Operand) -> Operand:
        """Limit to [low, high]."""
        return self.minimum(self.maximum(value, low), high)


def _choose(condition: bool, yes: float, no: float) -> float:
    return yes if condition else no


SCALAR: Final = Ops(_choose, max, min, math.sqrt, float)
ARRAY: Final = Ops(np.where, np.maximum, np.minimum, np.sqrt, np.array)


def mean(steps: Steps, first: int, count: int) -> Operand:
    """Mean of `count` steps from `first` on, added up oldest first."""
    total = steps[first]
    for step in range(first + 1, first + count):
        total = total + steps[step]
    return total / count
