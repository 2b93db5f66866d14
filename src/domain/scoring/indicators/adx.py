"""Average directional index (Wilder 1978): how much of the movement goes one way."""

from domain.scoring.numeric import TINY, Operand, Ops, Steps


def adx(plus: Steps, minus: Steps, size: int, period: int, ops: Ops) -> Operand:
    """ADX 0..100 from the directional movements of each step, both scaled by 1/period.

    Both directional indicators have the same true range below the line, so it cancels out of
    DX = 100 |+DI - -DI| / (+DI + -DI). Needs at least 2 period + 1 steps.
    """
    up, down = plus[1], minus[1]
    for step in range(2, period + 1):
        up = up + plus[step]
        down = down + minus[step]
    keep = 1.0 - 1.0 / period
    share = 100.0 / period
    up = up * keep + plus[period + 1]
    down = down * keep + minus[period + 1]
    value = _dx(up, down, share, ops)
    for step in range(period + 2, 2 * period + 1):
        up = up * keep + plus[step]
        down = down * keep + minus[step]
        value = value + _dx(up, down, share, ops)
    for step in range(2 * period + 1, size):
        up = up * keep + plus[step]
        down = down * keep + minus[step]
        value = value * keep + _dx(up, down, share, ops)
    return value


def _dx(up: Operand, down: Operand, share: float, ops: Ops) -> Operand:
    return abs(up - down) / ops.maximum(up + down, TINY) * share


def directional_movement(
    rise: Operand, fall: Operand, ops: Ops
) -> tuple[Operand, Operand]:
    """(+DM, -DM) from the rise of the high and the fall of the low: the larger, if positive."""
    plus = ops.where(ops.both(rise > fall, rise > 0.0), rise, 0.0)
    minus = ops.where(ops.both(fall > rise, fall > 0.0), fall, 0.0)
    return plus, minus
