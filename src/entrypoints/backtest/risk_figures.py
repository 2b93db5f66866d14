"""Risk of a row of returns (fractions, oldest first), as empyrical defines it.

Importing empyrical brings scipy and takes seconds, far longer than these sums; a test holds
them against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from domain.market.candle_series import FloatArray


def max_drawdown(returns: FloatArray) -> float:
    """The deepest fall under the highest level so far, as a fraction: 0 or negative."""
    levels = np.cumprod(np.concatenate(([1.0], 1.0 + returns)))
    highest = np.maximum.accumulate(levels)
    return float(np.min((levels - highest) / highest))


def growth_a_year(returns: FloatArray, a_year: float) -> float:
    """The yearly rate that compounds to the same end, with so many returns `a_year`."""
    return float(np.prod(1.0 + returns) ** (a_year / len(returns)) - 1.0)


def sharpe_ratio(returns: FloatArray, a_year: float) -> float:
    """Mean by sample deviation of at least two returns, for a year, no risk-free rate."""
    return float(np.mean(returns) / np.std(returns, ddof=1) * np.sqrt(a_year))


def sortino_ratio(returns: FloatArray, a_year: float) -> float:
    """Mean by the deviation of the losses alone, for a year; needs a loss."""
    downside = np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2))
    return float(np.mean(returns) / downside * np.sqrt(a_year))
