"""Average directional index (Wilder 1978): how much of the movement goes one way."""

import numpy as np

from domain.market.candle_series import FloatArray
from domain.scoring.numeric import TINY, Operand, Ops, Steps


def adx(net: Steps, moved: Steps, size: int, period: int, ops: Ops) -> Operand:
    """ADX 0..100 from the directional movement of each step; at least 2 period + 1 steps.

    Wilder smooths +DM and -DM apart and divides both by the same true range, so that one
    cancels out of DX = 100 |+DI - -DI| / (+DI + -DI). Of +DM and -DM one is always 0, and
    smoothing is linear: their difference is the smoothed `net` movement (signed), their sum
    the smoothed `moved` (its size, never 0).
    """
    keep = ops.constant(1.0 - 1.0 / period)
    way, total = net[1], moved[1]
    for step in range(2, period + 1):
        way = way + net[step]
        total = total + moved[step]
    value = ops.constant(0.0)
    for step in range(period + 1, 2 * period + 1):
        way = way * keep + net[step]
        total = total * keep + moved[step]
        value = value + abs(way) / total
    for step in range(2 * period + 1, size):
        way = way * keep + net[step]
        total = total * keep + moved[step]
        value = value * keep + abs(way) / total
    # the seed is a mean: its 1 / period, and the 100, come once at the end
    return value * (100.0 / period)


def directional_movement(rise: FloatArray, fall: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(net, moved) from the rise of the high and the fall of the low: the larger, if positive.

    `net` is +DM - -DM, `moved` its size; where nothing moved a size that is as good as 0.
    """
    up = np.where((rise > fall) & (rise > 0.0), rise, 0.0)
    net = np.where((fall > rise) & (fall > 0.0), -fall, up)
    return net, np.maximum(np.abs(net), TINY)
