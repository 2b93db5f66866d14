"""Bollinger bands with the population deviation (John Bollinger)."""

import attrs

from domain.scoring.numeric import Operand, Ops, Steps, mean


@attrs.frozen(slots=True, weakref_slot=False)
class Bands:
    """Upper, middle and lower band in price units."""

    upper: Operand
    middle: Operand
    lower: Operand


def bollinger(closes: Steps, size: int, period: int, deviations: float, ops: Ops) -> Bands:
    """Bands of the newest `period` closes."""
    first = size - period
    middle = mean(closes, first, period)
    off = closes[first] - middle
    total = off * off
    for step in range(first + 1, size):
        off = closes[step] - middle
        total = total + off * off
    reach = ops.sqrt(total / period) * deviations
    return Bands(middle + reach, middle, middle - reach)
