"""Simple and exponential moving averages; the exponential one is seeded with the simple one."""

from collections.abc import Iterator

from domain.scoring.numeric import Operand, Ops, Steps, mean


def sma(closes: Steps, size: int, period: int) -> Operand:
    """Mean of the newest `period` of `size` closes."""
    return mean(closes, size - period, period)


def alpha(period: int) -> float:
    """Weight of the newest value in an EMA: 2 / (n + 1)."""
    return 2.0 / (period + 1)


def ema(closes: Steps, scaled: Steps, size: int, period: int, ops: Ops) -> Iterator[Operand]:
    """EMA at every step from period-1 on; `scaled` are the closes times alpha(period)."""
    value = mean(closes, 0, period)
    yield value
    keep = ops.constant(1.0 - alpha(period))
    for step in range(period, size):
        value = value * keep + scaled[step]
        yield value


def wilder(scaled: Steps, size: int, period: int, ops: Ops) -> Operand:
    """Wilder's smoothing of values known from step 1 on, at the newest step.

    Seeded with the mean of the first `period` values; `scaled` are the values / period, so the
    seed is a sum. J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    value = scaled[1]
    for step in range(2, period + 1):
        value = value + scaled[step]
    keep = ops.constant(1.0 - 1.0 / period)
    for step in range(period + 1, size):
        value = value * keep + scaled[step]
    return value
