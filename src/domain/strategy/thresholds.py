"""How good is good enough today: volatility, fear and greed, fading momentum."""

from collections.abc import Sequence

from domain.events import TechnicalReading, Thresholds
from domain.parameters import StrategyParameters
from domain.scoring.float_sum import added


def thresholds(
    bollinger_widths: Sequence[float], fear_greed: int | None, p: StrategyParameters
) -> Thresholds:
    """Thresholds for all pairs from their Bollinger widths (fraction of price) and the mood."""
    volatility = 1.0
    if bollinger_widths:
        mean = added(bollinger_widths) / len(bollinger_widths)
        volatility = max(
            p.volatility_factor_min,
            min(p.volatility_factor_max, mean / p.bollinger_width_baseline),
        )
    fear = 1.0
    if fear_greed is not None:
        if fear_greed <= p.fear_extreme:
            fear = p.fear_factor
        elif fear_greed >= p.greed_extreme:
            fear = p.greed_factor
    return scaled(volatility, fear, p)


def scaled(volatility: float, fear: float, p: StrategyParameters) -> Thresholds:
    """The base thresholds under both factors."""
    return Thresholds(
        p.buy_threshold * volatility * fear, p.sell_threshold * volatility, volatility, fear
    )


def sell_threshold_of(
    limits: Thresholds, reading: TechnicalReading | None, p: StrategyParameters
) -> float:
    """The pair's own sell threshold: nearer to 0 where a rise is fading fast."""
    return limits.sell * p.fading_factor if is_fading(reading, p) else limits.sell


def is_fading(reading: TechnicalReading | None, p: StrategyParameters) -> bool:
    """True for a rise that loses its strength fast."""
    return (
        reading is not None
        and reading.macd_histogram > 0.0
        and reading.histogram_slope < p.fading_slope
    )
