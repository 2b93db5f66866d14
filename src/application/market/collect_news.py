"""Articles become a sentiment of every coin that has any."""

from application.commit import Log
from application.errors import OutsideError
from application.ports.news_feed import NewsFeed
from domain.events import CollectionFailed, Commit, Event
from domain.instruments import Instruments
from domain.parameters import StrategyParameters
from domain.scoring.headline_score import Lexicon
from domain.scoring.sentiment_score import coin_sentiment, coin_weight

STREAM = "feeds/news"


async def collect_news(
    tick: int,
    *,
    instruments: Instruments,
    log: Log,
    news_feed: NewsFeed,
    lexicon: Lexicon,
    parameters: StrategyParameters,
) -> tuple[Commit, ...]:
    """Score the news known at a tick (ms); a failed fetch is recorded and stores no score.

    Raises Conflict when another collector was faster.
    """
    events: list[Event] = []
    try:
        articles = await news_feed.articles(tick)
    except OutsideError as failure:
        events.append(CollectionFailed("news_feed", str(failure)))
    else:
        for coin in instruments:
            weighted = [(one, coin_weight(one, coin.news, parameters)) for one in articles]
            events.append(coin_sentiment(coin.pair, weighted, tick, lexicon, parameters))
    version = await log.store.version(STREAM) + 1
    return await log.append(
        log.commit(STREAM, version, events, at=tick, correlation=f"tick/{tick}", causation="")
    )
