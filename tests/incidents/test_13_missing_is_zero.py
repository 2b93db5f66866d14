"""A funding rate that could not be fetched counted as 0.0; a failed collection overwrote good data.

What must hold: missing is missing. Averages are over what was fetched; a collection that fails
stores no reading, and the last good one counts until it is too old (2 h), then none does.
"""

import pytest

import domain.events as e
from adapters.market_context.recorded import RecordedMarketContext
from adapters.table_files.timeline import Timeline
from application.errors import Broken, Retryable
from application.read_models import MARKET_CONTEXT, SENTIMENT
from domain.instant import DAY, HOUR
from tests.given.frozen import TICK_0
from tests.given.lines import Line, failing
from tests.given.stage import ETH, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


def known(value, age=HOUR):
    return Timeline([TICK_0 - age], [value])


@pytest.mark.parametrize(
    ("rates", "mean", "score"),
    [
        # six rates, of which four are too old to be had: the mean of two
        ([known(0.0004), known(0.0002), *[known(0.0009, DAY)] * 4], 0.0003, -0.6),
        ([known(0.0004)], 0.0004, -0.8),
        ([known(0.0, HOUR)], 0.0, 0.0),
        ([known(0.0004, DAY)] * 6, None, None),
        ([], None, None),
    ],
)
async def test_the_mean_is_over_the_rates_that_were_fetched(rates, mean, score):
    mood = RecordedMarketContext(fear_greed=known(50.0), funding=tuple(rates))
    with stage(market_context=mood) as it:
        await it.ticks(6)
        reading = (await it.signals())[-1].market
        assert reading.funding_rate == (None if mean is None else pytest.approx(mean))
        assert reading.funding_score == (None if score is None else pytest.approx(score))
        assert (reading.btc_dominance, reading.dominance_score) == (None, None)
        (collected,) = await it.events(e.MarketContextCollected)
        assert collected.funding_pairs == sum(one.times[0] > TICK_0 - DAY for one in rates)
        assert reading.score == pytest.approx(0.3 * (score or 0.0))


@pytest.mark.parametrize("failure", [Retryable("HTTP 503"), Broken("funding: 'None'")])
async def test_a_collection_that_fails_overwrites_nothing(failure):
    mood = Line(RecordedMarketContext(fear_greed=known(14.0), funding=(known(0.0004),)))
    with stage(market_context=mood) as it:
        await it.ticks(6)
        good = (await it.signals())[-1].market
        mood.before = failing(failure)
        await it.ticks(24)  # two hours, in which four collections fail
        failed = await it.events(e.CollectionFailed)
        assert [one.source for one in failed] == ["market_context"] * 4
        assert str(failure) in failed[0].reason
        rows = await it.tables.everything(MARKET_CONTEXT)
        assert len(rows) == 1
        last = (await it.signals())[-1].market
        assert (last.score, last.funding_rate, last.fear_greed) == (good.score, 0.0004, 14)
        assert last.age_s == 7_200
        await it.ticks(1)
        assert (await it.signals())[-1].market is None
        assert (await it.signals())[-1].components.market is None
        assert (await it.signals())[-1].thresholds.fear_factor == 1.0
        mood.heal()
        await it.ticks(5)
        assert (await it.signals())[-1].market.fear_greed == 14


async def test_news_that_could_not_be_had_store_no_neutral_score():
    class News:
        async def articles(self, now, budget=None):
            raise Retryable("HTTP 429")

    with stage(news_feed=News()) as it:
        await it.ticks(7)
        assert await it.tables.everything(SENTIMENT) == []
        (failed,) = await it.events(e.CollectionFailed)
        assert failed.source == "news_feed"
        last = (await it.signals(ETH))[-1]
        assert (last.sentiment, last.components.sentiment) == (None, None)
