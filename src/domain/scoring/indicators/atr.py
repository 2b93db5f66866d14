"""Average true range (Wilder 1978)."""

from domain.scoring.numeric import Operand, Ops


def true_range(high: Operand, low: Operand, previous_close: Operand, ops: Ops) -> Operand:
    """Largest of high-low, high-previous close, previous close-low, in price units."""
    return ops.maximum(
        ops.maximum(high - low, high - previous_close), previous_close - low
    )
