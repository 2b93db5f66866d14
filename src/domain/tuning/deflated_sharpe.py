"""Is the best of many tries any good: a Sharpe ratio held against what luck alone would show.

Source: D. H. Bailey and M. Lopez de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio
Management 40 (2014). Sharpe ratios are per period, not a year's.
"""

import math
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_EULER: Final = 0.5772156649015329


def expected_best(tries: int) -> float:
    """The best of so many independent draws of a standard normal, on average; 0 of one."""
    if tries < 2:
        return 0.0
    common = (1.0 - _EULER) * _NORMAL.inv_cdf(1.0 - 1.0 / tries)
    return common + _EULER * _NORMAL.inv_cdf(1.0 - 1.0 / (tries * math.e))


def deflated_sharpe(
    sharpe: float, periods: int, *, skew: float, excess_kurtosis: float, tries: int, spread: float
) -> float:
    """The probability, 0..1, that the true ratio is above what the best of `tries` shows by luck.

    `spread` is the standard deviation of the ratios of all tries. 0.95 is a usual bar. With fewer
    than three periods, or a shape of returns that cannot be, nothing is known: 0.
    """
    if periods < 3:
        return 0.0
    shape = 1.0 - skew * sharpe + (excess_kurtosis + 2.0) / 4.0 * sharpe * sharpe
    if shape <= 0.0:
        return 0.0
    luck = spread * expected_best(tries)
    return _NORMAL.cdf((sharpe - luck) * math.sqrt((periods - 1) / shape))
