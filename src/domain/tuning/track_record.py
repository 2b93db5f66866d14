"""Are we any good: how far a win rate can be trusted."""

import math


def wilson_interval(wins: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Bounds 0..1 of a win rate; (0, 1) without trades. E. B. Wilson, JASA 22 (1927)."""
    if total == 0:
        return 0.0, 1.0
    rate = wins / total
    scale = 1.0 + z * z / total
    centre = (rate + z * z / (2.0 * total)) / scale
    reach = z * math.sqrt(rate * (1.0 - rate) / total + z * z / (4.0 * total * total)) / scale
    return max(0.0, centre - reach), min(1.0, centre + reach)
