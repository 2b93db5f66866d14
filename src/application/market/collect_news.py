"""Articles become a sentiment of every coin that has any; the calls of the plan are counted."""

from application.commit import Log
from application.errors import OutsideError, Refused
from application.ports.event_store import EventStore
from application.ports.news_feed import News, NewsFeed
from domain.events import CollectionFailed, Commit, Event, NewsCallsMade
from domain.instant import iso
from domain.instruments import Instruments
from domain.parameters import StrategyParameters
from domain.scoring.headline_score import Lexicon
from domain.scoring.sentiment_score import coin_sentiment, coin_weight

STREAM = "feeds/news"
CALLS_A_MONTH = 3_000
"""What the plan allows; two calls every half hour are 2,880 in 30 days."""


async def collect_news(
    tick: int,
    *,
    instruments: Instruments,
    log: Log,
    news_feed: NewsFeed,
    lexicon: Lexicon,
    parameters: StrategyParameters,
    calls_a_month: int = CALLS_A_MONTH,
) -> tuple[Commit, ...]:
    """Score the news known at a tick (ms); a failed fetch is recorded and stores no score.

    Once the month's calls are used up the feed is not asked. Raises Conflict when another
    collector was faster.
    """
    version, month = await log.store.version(STREAM), iso(tick)[:7]
    made = await _calls_made(log.store, version, month)
    news = await _news(news_feed, tick, calls_a_month - made, month)
    events: list[Event] = []
    if isinstance(news.found, OutsideError):
        events.append(CollectionFailed("news_feed", str(news.found)))
    else:
        for coin in instruments:
            weighted = [(one, coin_weight(one, coin.news, parameters)) for one in news.found]
            events.append(coin_sentiment(coin.pair, weighted, tick, lexicon, parameters))
    if made + news.calls:
        events.append(NewsCallsMade(month, news.calls, made + news.calls))
    return await log.append(
        log.commit(STREAM, version + 1, events, at=tick, correlation=f"tick/{tick}", causation="")
    )


async def _calls_made(store: EventStore, version: int, month: str) -> int:
    """Calls of this month: from the first on, every commit of the stream ends with their number."""
    if not version:
        return 0
    newest = (await store.read(STREAM, version - 1))[-1].events[-1]
    if isinstance(newest, NewsCallsMade) and newest.month == month:
        return newest.of_month
    return 0


async def _news(news_feed: NewsFeed, tick: int, budget: int, month: str) -> News:
    if budget <= 0:
        return News(Refused(f"the calls of {month} are used up: not asked before the next month"))
    try:
        return await news_feed.articles(tick, budget)
    except OutsideError as failure:
        return News(failure)
