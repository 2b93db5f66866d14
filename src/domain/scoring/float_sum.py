"""Sums of floats with the same bits on every Python."""

import functools
import operator
from collections.abc import Iterable


def added(values: Iterable[float]) -> float:
    """Sum, first to last; 0.0 of nothing.

    The built-in sum() compensates for rounding from Python 3.12 on, so its bits depend on the
    Python that runs.
    """
    return functools.reduce(operator.add, values, 0.0)
