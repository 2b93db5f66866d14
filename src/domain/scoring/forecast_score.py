"""Quantiles of a forecast become a score and a confidence."""

from collections.abc import Sequence
from operator import mul

from domain.parameters import StrategyParameters
from domain.scoring.float_sum import added

SPREAD_OF_DEVIATION = 2.56
"""q90 - q10 of a normal distribution in standard deviations."""
NEARLY_ZERO = 1e-12


def quantile_spread(q10: Sequence[float], q90: Sequence[float]) -> list[float]:
    """Standard deviation of each step, in price units."""
    return [abs(high - low) / SPREAD_OF_DEVIATION for low, high in zip(q10, q90, strict=True)]


def forecast_confidence(
    q10: Sequence[float], q50: Sequence[float], q90: Sequence[float]
) -> tuple[list[float], float]:
    """(confidence of each step, their mean), 0..1; 0.5 where the median is about 0."""
    steps = [
        0.5 if abs(median) < NEARLY_ZERO else 1.0 / (1.0 + 10.0 * deviation / abs(median))
        for median, deviation in zip(q50, quantile_spread(q10, q90), strict=True)
    ]
    return steps, (added(steps) / len(steps) if steps else 0.0)


def forecast_score(
    median: Sequence[float], std: Sequence[float] | None, price: float, p: StrategyParameters
) -> float:
    """Score -1..1 of a median path against the current price (same unit); 0 without either.

    Medians far off the price count as the price; later steps weigh more; a path that keeps
    turning one way adds a little, an uncertain one is damped.
    """
    if not median or price <= 0.0:
        return 0.0
    path = [one if abs(one - price) / price < p.forecast_outlier else price for one in median]
    count = len(path)
    weights = [(step + 1) / count for step in range(count)]
    mean = added(map(mul, path, weights)) / added(weights)
    score = (mean - price) / price * 100.0 / p.forecast_full_scale_pct
    if count >= p.forecast_trend_min_steps:
        half = count // 2
        early, late = added(path[:half]) / half, added(path[half:]) / (count - half)
        trend = p.forecast_trend_weight * (late - early) / price * 100.0
        limit = p.forecast_trend_limit
        score += max(-limit, min(limit, trend / p.forecast_full_scale_pct))
    if std:
        variation = added(std) / len(std) / price
        damped = 1.0 - (variation - p.forecast_cv_free) / p.forecast_cv_range * 0.5
        score *= max(p.forecast_cv_floor, min(1.0, damped))
    return max(-1.0, min(1.0, score))
