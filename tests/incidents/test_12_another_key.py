"""The writer stored the market context under one key, and its reader asked for another.

What happened: the report was always empty, and nobody noticed.

What must hold: writer and reader share one schema: what is collected is what decisions use, in
every plug that keeps tables.
"""

import pytest

import domain.events as e
from application.ports.news_feed import News
from application.read_models import MARKET_CONTEXT, SENTIMENT, TABLES
from domain.market.article import Article, Votes
from tests.given.frozen import TICK_0
from tests.given.stage import ETH, SOL, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
READING = e.MarketContextCollected(30, 0.0002, 6, 57.5)


class Feeds:
    """The same mood and the same two articles for ever."""

    failures = {}  # noqa: RUF012 - never changed

    async def reading(self, now):
        return READING

    async def articles(self, now, budget=None):
        good, bad = Votes(positive=20), Votes(negative=20)
        found = [
            Article("1", "Ether in the news", TICK_0, TICK_0, ("ETH",), good),
            Article("2", "SOL in the news", TICK_0, TICK_0, ("SOL",), bad),
        ]
        return News(found)


@pytest.mark.parametrize("plug", ["in_memory", "sqlite"])
async def test_what_is_collected_is_what_the_next_decision_uses(plug, tmp_path):
    feeds = Feeds()
    folder = tmp_path if plug == "sqlite" else None
    with stage(folder=folder, market_context=feeds, news_feed=feeds) as it:
        await it.ticks(8)
        (stored,) = await it.events(e.MarketContextCollected)
        assert stored == READING
        used = [one.market for one in await it.signals()]
        # collected at 16:30, the tick of the sixth analysis, and used from that very one on
        assert used[:5] == [None] * 5
        assert [(one.fear_greed, one.funding_rate, one.btc_dominance) for one in used[5:]] == [
            (30, 0.0002, 57.5)
        ] * 3
        assert [one.age_s for one in used[5:]] == [0, 300, 600]
        assert all(one.components.market for one in (await it.signals())[5:])

        scored = {one.pair: one for one in await it.events(e.SentimentScored)}
        for pair in (ETH, SOL):
            read = [one.sentiment for one in await it.signals(pair)]
            assert read[:5] == [None] * 5
            assert [(one.score, one.articles) for one in read[5:]] == [
                (scored[pair].score, scored[pair].articles)
            ] * 3
        assert scored[ETH].score > 0.5 > scored[SOL].score


@pytest.mark.parametrize("plug", ["in_memory", "sqlite"])
async def test_every_row_is_found_again_under_its_own_key(plug, tmp_path):
    feeds = Feeds()
    folder = tmp_path if plug == "sqlite" else None
    with stage(folder=folder, market_context=feeds, news_feed=feeds) as it:
        await it.ticks(7, eth=0.9)
        await it.ticks(8, eth=-0.9)
        for table in TABLES:
            rows = await it.tables.everything(table)
            assert rows or table.name == "analysis_state.breaker"
            for row in rows:
                partition, sort = table.partition(row), table.sort(row)
                assert await it.tables.get(table, partition, sort) == row
                assert row in await it.tables.since(table, partition, sort)
        (row,) = await it.tables.newest(MARKET_CONTEXT, "global", 1)
        assert row.reading == READING
        (row,) = await it.tables.newest(SENTIMENT, ETH, 1)
        assert row.articles == 2
