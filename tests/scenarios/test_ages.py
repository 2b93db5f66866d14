"""Sentiment counts for 3 hours, the market's mood for 2, to the second; then it is absent."""

import pytest

import domain.events as e
from application.errors import Retryable
from application.ports.news_feed import News
from domain.instant import CANDLE, HOUR
from domain.market.article import Article, Votes
from tests.given.frozen import TICK_0
from tests.given.lines import Line, failing
from tests.given.stage import ETH, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
GONE = Retryable("HTTP 503")


class GoodNews:
    """One good article."""

    async def articles(self, now, budget=None):
        return News([Article("1", "Ether", TICK_0, TICK_0, ("ETH",), Votes(positive=20))])


class Mood:
    """Some fear, expensive funding."""

    failures = {}  # noqa: RUF012 - never changed

    async def reading(self, now):
        return e.MarketContextCollected(30, 0.0002, 6, 55.0)


@pytest.mark.parametrize(
    ("feed", "part", "age"), [("news_feed", "sentiment", 3), ("market_context", "market", 2)]
)
async def test_it_counts_up_to_its_age_and_not_a_tick_longer(feed, part, age):
    line = Line(GoodNews() if feed == "news_feed" else Mood())
    with stage(**{feed: line}) as it:
        await it.ticks(6)
        line.before = failing(GONE)
        await it.ticks(age * HOUR // CANDLE)
        signals = (await it.signals(ETH))[5:]
        ages = [getattr(one, part).age_s for one in signals]
        assert ages == list(range(0, age * 3600 + 1, 300))
        assert len({getattr(one, part).score for one in signals}) == 1
        assert len({getattr(one.components, part) for one in signals}) == 1
        it.restart()
        await it.ticks(1)
        last = (await it.signals(ETH))[-1]
        assert (getattr(last, part), getattr(last.components, part)) == (None, None)
        # weights do not move: what is absent counts 0
        assert last.weights == signals[-1].weights
        line.heal()
        await it.ticks(5)
        assert getattr((await it.signals(ETH))[-1], part).age_s == 0


@pytest.mark.parametrize(("late_s", "counts"), [(0, True), (1, False)])
async def test_the_age_is_of_the_reading_to_the_second(late_s, counts):
    """A reading on the log from a moment between two ticks."""
    with stage(market_context=Line(Mood(), failing(GONE))) as it:
        await it.ticks(1)
        at = TICK_0 + CANDLE - 2 * HOUR - late_s * 1_000
        reading = e.MarketContextCollected(30, None, 0, None)
        scored = e.SentimentScored(ETH, 0.9, 1, 1, 1, ())
        log = it.ports.log
        older = at - HOUR
        await log.append(
            log.commit("feeds/market-context", 1, [reading], at=at, correlation="", causation=""),
            log.commit("feeds/news", 1, [scored], at=older, correlation="", causation=""),
        )
        await it.ticks(1)
        last = (await it.signals(ETH))[-1]
        assert (last.market is not None) is counts
        assert (last.sentiment is not None) is counts
