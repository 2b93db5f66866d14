"""What stands in when there is no forecast: the change over the last candles."""

from collections.abc import Sequence

from domain.parameters import StrategyParameters


def momentum_score(closes: Sequence[float], p: StrategyParameters) -> float:
    """Score -1..1 from closes, oldest first; 0 under `momentum_long_candles` of them.

    0.6 x change % over 5 candles + 0.4 x change % over 10, full scale at 2 %.
    """
    if len(closes) < p.momentum_long_candles:
        return 0.0
    weight = p.momentum_short_weight
    short = _change_pct(closes, p.momentum_short_candles)
    long = _change_pct(closes, p.momentum_long_candles)
    moved = weight * short + (1.0 - weight) * long
    return max(-1.0, min(1.0, moved / p.momentum_full_scale_pct))


def _change_pct(closes: Sequence[float], back: int) -> float:
    """Change in % over so many candles; 0 when the closes do not reach back that far."""
    if len(closes) <= back or closes[-back - 1] <= 0.0:
        return 0.0
    before = closes[-back - 1]
    return (closes[-1] - before) / before * 100.0
