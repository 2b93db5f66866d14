"""From indicators to the four terms and the technical score."""

from typing import Any

import attrs

from domain.parameters import StrategyParameters
from domain.scoring.indicators.bollinger import Bands
from domain.scoring.numeric import Operand, Ops

COINCIDE = 1e-12
"""Relative width under which bands are one line: a sum of equal prices may miss it by a bit."""


@attrs.frozen(slots=True, weakref_slot=False, eq=False, kw_only=True)
class TechnicalValues:
    """Indicators as operands; prices in USDT, `sma_long` None where the window is too short."""

    close: Operand
    rsi: Operand
    macd: Operand
    macd_signal: Operand
    macd_histogram: Operand
    histogram_slope: Operand
    sma_short: Operand
    sma_long: Operand | None
    bands: Bands
    adx: Operand
    atr: Operand
    volume_multiplier: Operand


def terms_of(v: TechnicalValues, p: StrategyParameters, ops: Ops) -> dict[str, Any]:
    """Every indicator, term and the score as operands, by their name in TechnicalReading."""
    weight = ops.where(
        v.adx > p.adx_trending,
        p.trending_oscillator_weight,
        ops.where(v.adx < p.adx_ranging, p.ranging_oscillator_weight, p.neutral_oscillator_weight),
    )
    trend_weight = 0.5 - weight
    rsi = _rsi_term(v.rsi, weight, p, ops)
    macd = (
        ops.clamp(v.macd_histogram / v.close * 100.0 / p.macd_full_scale_pct, -1.0, 1.0)
        * trend_weight
    )
    if v.sma_long is None:
        reach = trend_weight * p.sma_without_long
        average = ops.where(v.close > v.sma_short, reach, -reach)
    else:
        average = ops.where(v.sma_short > v.sma_long, trend_weight, -trend_weight)
    bands = _bollinger_term(v, weight, p, ops)
    score = ops.clamp(rsi + macd + average + bands, -1.0, 1.0)
    score = ops.clamp(score * v.volume_multiplier, -1.0, 1.0)
    return {
        "score": score,
        "close": v.close,
        "rsi": v.rsi,
        "macd": v.macd,
        "macd_signal": v.macd_signal,
        "macd_histogram": v.macd_histogram,
        "histogram_slope": v.histogram_slope,
        "sma_short": v.sma_short,
        "sma_long": v.sma_long,
        "bollinger_upper": v.bands.upper,
        "bollinger_middle": v.bands.middle,
        "bollinger_lower": v.bands.lower,
        "bollinger_width": (v.bands.upper - v.bands.lower) / v.close,
        "adx": v.adx,
        "atr": v.atr,
        "volume_multiplier": v.volume_multiplier,
        "term_rsi": rsi,
        "term_macd": macd,
        "term_sma": average,
        "term_bollinger": bands,
    }


def regime_of(adx: float, p: StrategyParameters) -> str:
    """How strongly prices go one way, in one word."""
    if adx > p.adx_trending:
        return "trending"
    return "ranging" if adx < p.adx_ranging else "neutral"


def _rsi_term(rsi: Operand, weight: Operand, p: StrategyParameters, ops: Ops) -> Operand:
    """+weight when oversold, -weight when overbought, a small slope between."""
    between = (50.0 - rsi) / 200.0 * (weight / 0.25)
    return ops.where(
        rsi < p.rsi_oversold, weight, ops.where(rsi > p.rsi_overbought, -weight, between)
    )


def _bollinger_term(
    v: TechnicalValues, weight: Operand, p: StrategyParameters, ops: Ops
) -> Operand:
    """Distance from the middle of the bands; more, but limited, outside of them."""
    width = v.bands.upper - v.bands.lower
    apart = width > v.close * COINCIDE
    place = (v.close - v.bands.lower) / ops.where(apart, width, 1.0)
    term = (0.5 - place) * 2.0 * weight
    limit = weight * p.bollinger_outside_factor
    # + 0.0: floats and arrays clamp to another zero, of 0 and -0, when the weight is 0
    outside = ops.clamp(term * p.bollinger_outside_factor, -limit, limit) + 0.0
    inside = (place >= 0.0) & (place <= 1.0)
    return ops.where(apart, ops.where(inside, term, outside), 0.0)
