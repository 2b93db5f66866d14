"""What can happen when prices, news and mood arrive."""

import attrs

from domain.instant import CANDLE
from domain.quick import quickly_made


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Candle:
    """Five minutes of one pair on Binance, closed. Prices in USDT, volume in coins.

    `open_time` in ms; the candle is known at `close_time` = open_time + 300 s.
    """

    pair: str
    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def close_time(self) -> int:
        """When the candle was complete and could first be known (ms)."""
        return self.open_time + CANDLE


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PriceCollected:
    """A closed candle reached us."""

    candle: Candle


@attrs.frozen(slots=True, weakref_slot=False)
class CollectionFailed:
    """A source gave nothing this time; `reason` says why. Nothing is stored in its place."""

    source: str
    reason: str


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class AnalysisTriggered:
    """All pairs are due for an analysis: one moved, or the last analysis is too old.

    `moves_pct` holds (pair, one-hour change in %) of each pair that has one.
    """

    analysis: str
    reason: str
    moves_pct: tuple[tuple[str, float], ...]


@attrs.frozen(slots=True, weakref_slot=False)
class Headline:
    """One news article as it counted for a coin: weight 0..1, score 0..1 (0.5 neutral)."""

    title: str
    published_at: int | None
    weight: float
    score: float


@attrs.frozen(slots=True, weakref_slot=False)
class SentimentScored:
    """News sentiment of one pair, 0..1 with 0.5 neutral, over `articles` articles."""

    pair: str
    score: float
    articles: int
    fresh_articles: int
    scored_by_votes: int
    headlines: tuple[Headline, ...]


@attrs.frozen(slots=True, weakref_slot=False)
class NewsCallsMade:
    """One fetch of news took `calls` of the plan; `of_month` were made in `month` (2026-03) so far.

    The month is that of UTC.
    """

    month: str
    calls: int
    of_month: int


@attrs.frozen(slots=True, weakref_slot=False)
class MarketContextCollected:
    """Mood of the whole market; what could not be fetched is None.

    `fear_greed` 0..100, `funding_rate` mean fraction per 8 h over the `funding_pairs` that
    answered, `btc_dominance` in %.
    """

    fear_greed: int | None
    funding_rate: float | None
    funding_pairs: int
    btc_dominance: float | None
