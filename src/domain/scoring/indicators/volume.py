"""How unusual the newest volume is."""

from domain.scoring.numeric import TINY, Operand, Ops, Steps, mean


def volume_multiplier(
    volumes: Steps,
    size: int,
    period: int,
    ratios: tuple[float, float],
    most: float,
    ops: Ops,
) -> Operand:
    """1.0 up to the first ratio to the mean of the volumes before, linear to `most` at the second.

    1.0 as well when nothing was traded before.
    """
    start, full = ratios
    usual = mean(volumes, size - 1 - period, period)
    ratio = volumes[size - 1] / ops.maximum(usual, TINY)
    raised = 1.0 + (ratio - start) / (full - start) * (most - 1.0)
    return ops.where(usual > 0.0, ops.clamp(raised, 1.0, most), 1.0)
