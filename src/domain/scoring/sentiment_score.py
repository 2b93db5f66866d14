"""Weighted, ageing articles -> sentiment of a coin."""

from collections.abc import Sequence
from operator import itemgetter

from domain.events import Headline, SentimentScored
from domain.instant import HOUR
from domain.market.article import Article
from domain.parameters import StrategyParameters
from domain.scoring.float_sum import added
from domain.scoring.headline_score import NEUTRAL, Lexicon, article_score

BITCOIN = "BTC"
KEPT = 5
"""Headlines kept with a score: the heaviest."""


def coin_weight(article: Article, coin: str, p: StrategyParameters) -> float:
    """How much an article counts for a coin (news code): its own, Bitcoin's, or the market's."""
    if coin in article.coins:
        return 1.0
    if BITCOIN in article.coins:
        return p.news_other_coin_weight
    return p.news_market_weight


def coin_sentiment(
    pair: str,
    weighted: Sequence[tuple[Article, float]],
    now: int,
    lexicon: Lexicon,
    p: StrategyParameters,
) -> SentimentScored:
    """Sentiment 0..1 of a pair at `now` (ms) from (article, coin weight); 0.5 without articles."""
    counted: list[tuple[float, Headline]] = []
    fresh = by_votes = 0
    for article, coin in weighted:
        score, voted = article_score(article, lexicon, p)
        age_h = p.news_horizon_h
        if article.published_at is not None:
            age_h = (now - article.published_at) / HOUR
            fresh += age_h <= 1.0
        by_votes += voted
        weight = coin * min(1.0, max(p.news_time_floor, 1.0 - age_h / p.news_horizon_h))
        counted.append((weight, Headline(article.title, article.published_at, weight, score)))
    total = added(weight for weight, _ in counted)
    mean = NEUTRAL
    if total:
        mean = added(weight * one.score for weight, one in counted) / total
    heaviest = sorted(counted, key=itemgetter(0), reverse=True)[:KEPT]
    headlines = tuple(one for _, one in heaviest)
    return SentimentScored(pair, mean, len(counted), fresh, by_votes, headlines)
