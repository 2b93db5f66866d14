"""Relative strength index with Wilder's smoothing (Wilder 1978)."""

from domain.scoring.indicators.moving_average import wilder
from domain.scoring.numeric import TINY, Operand, Ops, Steps

UNCHANGED = 50.0
"""RSI of prices that did not move at all."""


def rsi(ups: Steps, downs: Steps, size: int, period: int, ops: Ops) -> Operand:
    """RSI 0..100 from the rises and falls of each step, both scaled by 1/period."""
    up = wilder(ups, size, period, ops)
    down = wilder(downs, size, period, ops)
    total = up + down
    return ops.where(total > 0.0, 100.0 * up / ops.maximum(total, TINY), UNCHANGED)
