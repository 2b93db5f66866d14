"""Fear and greed, funding and dominance become the mood of the whole market."""

from domain.events import MarketReading
from domain.parameters import StrategyParameters


def market_score(
    fear_greed: int | None,
    funding_rate: float | None,
    btc_dominance: float | None,
    age_s: int,
    p: StrategyParameters,
) -> MarketReading:
    """Mood -1..1; a missing part counts 0 and stays None.

    `fear_greed` 0..100, `funding_rate` mean fraction per 8 h, `btc_dominance` in %.
    """
    greed = None if fear_greed is None else _fear_greed(fear_greed)
    funding = None if funding_rate is None else _clamp(-funding_rate / p.funding_full_scale)
    dominance = (
        None
        if btc_dominance is None
        else _clamp(-(btc_dominance - p.dominance_centre_pct) / p.dominance_full_scale_pct)
    )
    score = (
        p.market_fear_greed_weight * (greed or 0.0)
        + p.market_funding_weight * (funding or 0.0)
        + p.market_dominance_weight * (dominance or 0.0)
    )
    return MarketReading(
        score, greed, funding, dominance, fear_greed, funding_rate, btc_dominance, age_s
    )


def _fear_greed(index: float) -> float:
    """Fear is a chance, greed a warning; steeper at the ends."""
    if index <= 10:
        return 0.5 + 0.05 * (10 - index)
    if index <= 25:
        return 0.1 + 0.027 * (25 - index)
    if index <= 45:
        return 0.005 * (45 - index)
    if index <= 55:
        return 0.0
    if index <= 75:
        return -0.005 * (index - 55)
    if index <= 90:
        return -0.1 - 0.027 * (index - 75)
    return -0.5 - 0.05 * (index - 90)


def _clamp(value: float) -> float:
    return max(-1.0, min(1.0, value))
