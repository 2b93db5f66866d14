"""How far a sum of days may be luck: days drawn again in blocks, for they hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_DAYS: Final = 10
"""Under so many an interval would say more than there is to know."""
DRAWS: Final = 4_000
SEED: Final = 20_250_101


@attrs.frozen
class Interval:
    """From 2.5 % to 97.5 % of what was drawn (JPY), in blocks of so many days."""

    low: float
    high: float
    block_days: int


def total_interval(daily: NDArray[np.float64], draws: int = DRAWS) -> Interval | None:
    """95 % interval of the sum of daily values, shape (days,); None for too few days.

    Circular block bootstrap, blocks of the cube root of the days: D. Politis and J. Romano, A
    Circular Block-Resampling Procedure for Stationary Data, 1992. The same days give the same
    interval.
    """
    days = len(daily)
    if days < LEAST_DAYS:
        return None
    block = max(1, round(days ** (1 / 3)))
    blocks = -(-days // block)
    chance = np.random.default_rng(SEED)
    first = chance.integers(0, days, size=(draws, blocks))
    drawn = (first[:, :, None] + np.arange(block)) % days
    sums = daily[drawn.reshape(draws, -1)[:, :days]].sum(axis=1)
    low, high = np.percentile(sums, (2.5, 97.5))
    return Interval(float(low), float(high), block)
