"""The four components and their weights become one score; "how is a score computed" starts here."""

import functools

import attrs

from domain.events import Components, Weights
from domain.parameters import StrategyParameters
from domain.quick import maker, quickly_made

NEUTRAL = 0.5


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class TotalScore:
    """total = clamp(sum of weight x component + adjustment), -1..1."""

    total: float
    components: Components
    weights: Weights
    adjustment: float


_total_score, _components = maker(TotalScore), maker(Components)


def total_score(
    is_bitcoin: bool,
    technical: float | None,
    forecast: float | None,
    confidence: float | None,
    sentiment: float | None,
    market: float | None,
    btc_dominance: float | None,
    p: StrategyParameters,
) -> TotalScore:
    """Score of one pair. `sentiment` and `confidence` are 0..1, the others -1..1, dominance %.

    An absent component (None) counts 0. The forecast's confidence moves weight between it and
    the technical score, and damps a forecast that is hardly sure.
    """
    sure = NEUTRAL if confidence is None else confidence
    weights = weights_of(confidence, p)
    if forecast is not None and sure < p.confidence_full:
        forecast = forecast * (sure / p.confidence_full)
    signed = None if sentiment is None else (sentiment - NEUTRAL) * 2.0
    adjustment = 0.0 if is_bitcoin else _dominance_adjustment(btc_dominance, p)
    parts = _components(technical, forecast, signed, market)
    return _total_score(weighted(parts, weights, adjustment), parts, weights, adjustment)


def weighted(parts: Components, weights: Weights, adjustment: float) -> float:
    """The sum itself, -1..1."""
    total = (
        weights.technical * (parts.technical or 0.0)
        + weights.forecast * (parts.forecast or 0.0)
        + weights.sentiment * (parts.sentiment or 0.0)
        + weights.market * (parts.market or 0.0)
        + adjustment
    )
    return max(-1.0, min(1.0, total))


def weights_of(confidence: float | None, p: StrategyParameters) -> Weights:
    """The weights, moved between forecast and technical score by a confidence (0..1)."""
    sure = NEUTRAL if confidence is None else confidence
    limit = p.confidence_shift_limit
    return _weights(max(-limit, min(limit, (sure - NEUTRAL) * p.confidence_shift)), p)


@functools.lru_cache(maxsize=1024)
def _weights(shift: float, p: StrategyParameters) -> Weights:
    """The weights moved by a confidence; without a model it is nearly always the same one."""
    return Weights(
        p.weight_technical - shift, p.weight_forecast + shift, p.weight_sentiment, p.weight_market
    )


def _dominance_adjustment(dominance: float | None, p: StrategyParameters) -> float:
    """Altcoins suffer when Bitcoin dominates and gain when it does not."""
    if dominance is None:
        return 0.0
    if dominance > p.dominance_high_pct:
        return -p.dominance_adjustment
    return p.dominance_adjustment if dominance < p.dominance_low_pct else 0.0
