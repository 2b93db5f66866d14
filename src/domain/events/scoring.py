"""What each pair scored, with everything needed to redo the sum by hand."""

import attrs

from domain.quick import quickly_made


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class TechnicalReading:
    """Indicators of one window of 5-minute candles and the score made of them.

    Prices in USDT; rsi and adx 0..100; atr in USDT; `histogram_slope` -1..1;
    `sma_long` is None under 200 closes. `score` = clamp(clamp(sum of terms) x volume
    multiplier), -1..1. `bollinger_width` = (upper - lower) / close.
    """

    score: float
    candles: int
    newest_open_time: int
    close: float
    rsi: float
    macd: float
    macd_signal: float
    macd_histogram: float
    histogram_slope: float
    sma_short: float
    sma_long: float | None
    bollinger_upper: float
    bollinger_middle: float
    bollinger_lower: float
    bollinger_width: float
    adx: float
    atr: float
    regime: str
    volume_multiplier: float
    term_rsi: float
    term_macd: float
    term_sma: float
    term_bollinger: float


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class ForecastReading:
    """Forecast score -1..1 and confidence 0..1 of one pair.

    `source` names the model, or "momentum" for the fallback with `fallback_reason`.
    `last_median` (USDT) is the median of the last step, None for momentum.
    """

    score: float
    confidence: float
    source: str
    fallback_reason: str | None
    steps: int
    last_median: float | None


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class SentimentReading:
    """Newest stored sentiment of a pair (0..1) and its age in seconds."""

    score: float
    age_s: int
    articles: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class MarketReading:
    """Mood score -1..1 with its three parts (None = missing, counted 0) and age in seconds."""

    score: float
    fear_greed_score: float | None
    funding_score: float | None
    dominance_score: float | None
    fear_greed: int | None
    funding_rate: float | None
    btc_dominance: float | None
    age_s: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Weights:
    """Weights in force for one pair; they sum to 1."""

    technical: float
    forecast: float
    sentiment: float
    market: float


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Components:
    """Signed components -1..1 as weighted (forecast after damping); None = absent, counts 0."""

    technical: float | None
    forecast: float | None
    sentiment: float | None
    market: float | None


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Thresholds:
    """Thresholds in force for one analysis, on the scale of the total score.

    buy = base buy x volatility x fear factor; sell = base sell x volatility.
    """

    buy: float
    sell: float
    volatility: float
    fear_factor: float


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class SignalScored:
    """Total score of one pair in one analysis: clamp(sum of weight x component + adjustment)."""

    analysis: str
    pair: str
    total: float
    components: Components
    weights: Weights
    adjustment: float
    thresholds: Thresholds
    technical: TechnicalReading | None
    forecast: ForecastReading | None
    sentiment: SentimentReading | None
    market: MarketReading | None
