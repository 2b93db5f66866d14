"""Sentiments and the calls that they took are one commit; the month's calls are a limit."""

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.news_feed.lexicon import load_lexicon
from adapters.read_models.in_memory import InMemoryReadModels
from application.commit import Log
from application.errors import Broken, Refused, Retryable
from application.market.collect_news import STREAM, collect_news
from application.ports.news_feed import News
from domain import events as e
from domain.instant import DAY, HOUR, parse
from domain.instruments import DEFAULT
from domain.market.article import Article, Votes
from domain.parameters import StrategyParameters

pytestmark = pytest.mark.asyncio(loop_scope="function")
MARCH = parse("2026-03-30T23:00:00")
GOOD = [Article("1", "Ether", MARCH, MARCH, ("ETH",), Votes(positive=20))]


class Feed:
    """Gives what it is told to, and notes the budgets."""

    def __init__(self, *news):
        self.news = list(news)
        self.budgets = []

    async def articles(self, now, budget=None):
        self.budgets.append(budget)
        one = self.news.pop(0)
        if isinstance(one, Exception):
            raise one
        return one


@pytest.fixture
def log():
    tables = InMemoryReadModels(SimulatedClock(MARCH))
    return Log(InMemoryEventStore(tables), tables, "test")


async def collect(log, feed, at=MARCH, calls_a_month=10):
    (commit,) = await collect_news(
        at,
        instruments=DEFAULT,
        log=log,
        news_feed=feed,
        lexicon=load_lexicon(),
        parameters=StrategyParameters(),
        calls_a_month=calls_a_month,
    )
    return commit.events


def kinds(events):
    return [type(one).__name__ for one in events]


async def test_the_calls_are_counted_in_the_commit_of_the_sentiments(log):
    feed = Feed(News(GOOD, 2), News(GOOD, 3))
    first = await collect(log, feed)
    assert kinds(first) == ["SentimentScored"] * 6 + ["NewsCallsMade"]
    assert first[-1] == e.NewsCallsMade("2026-03", 2, 2)
    second = await collect(log, feed, MARCH + HOUR // 2)
    assert second[-1] == e.NewsCallsMade("2026-03", 3, 5)
    assert feed.budgets == [10, 8]
    assert [len(one.events) for one in await log.store.read(STREAM)] == [7, 7]


async def test_a_fetch_that_failed_has_used_its_calls_up(log):
    feed = Feed(News(Broken("nonsense"), 2), Retryable("no line"), News(GOOD, 2))
    assert await collect(log, feed) == (
        e.CollectionFailed("news_feed", "nonsense"),
        e.NewsCallsMade("2026-03", 2, 2),
    )
    assert await collect(log, feed) == (
        e.CollectionFailed("news_feed", "no line"),
        e.NewsCallsMade("2026-03", 0, 2),
    )
    assert (await collect(log, feed))[-1] == e.NewsCallsMade("2026-03", 2, 4)


async def test_a_feed_is_not_asked_once_the_month_is_used_up_and_again_in_the_next(log):
    feed = Feed(*[News(GOOD, 2)] * 5)
    for _ in range(3):
        await collect(log, feed, calls_a_month=6)
    for _ in range(2):
        failed, counted = await collect(log, feed, calls_a_month=6)
        assert (failed.source, "2026-03 are used up" in failed.reason) == ("news_feed", True)
        assert counted == e.NewsCallsMade("2026-03", 0, 6)
    assert feed.budgets == [6, 4, 2]
    april = await collect(log, feed, MARCH + 2 * DAY, calls_a_month=6)
    assert april[-1] == e.NewsCallsMade("2026-04", 2, 2)
    assert feed.budgets[-1] == 6


async def test_recorded_news_count_nothing(log):
    feed = Feed(News(GOOD), News(Refused("no")))
    assert kinds(await collect(log, feed)) == ["SentimentScored"] * 6
    assert kinds(await collect(log, feed)) == ["CollectionFailed"]


async def test_a_month_of_half_hours_stays_inside_the_plan(log):
    feed = Feed(*[News(GOOD, 2)] * 48 * 30)
    for half_hour in range(48 * 30):
        at = parse("2026-04-01") + half_hour * HOUR // 2
        events = await collect(log, feed, at, calls_a_month=3_000)
    assert events[-1] == e.NewsCallsMade("2026-04", 2, 2_880)
