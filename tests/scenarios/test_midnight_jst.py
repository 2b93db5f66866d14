"""Midnight and month end in Japan (15:00 UTC): nothing is lost, doubled or off by a day."""

from itertools import pairwise

import pytest

import domain.events as e
from application.ports.news_feed import News
from application.read_models import PRICES, SIGNALS, TRADES
from domain.identity import analysis_id
from domain.instant import CANDLE, DAY, HOUR, MINUTE, iso, parse
from domain.market.article import Article, Votes
from tests.given.stage import ETH, EVERY_TICK, SOL, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
NIGHTS = {
    "month end in Japan": "2026-02-28T15:00:00",
    "an ordinary midnight in Japan": "2026-02-10T15:00:00",
    "month end in UTC": "2026-03-01T00:00:00",
    "new year in Japan": "2025-12-31T15:00:00",
    "leap day in Japan": "2028-02-28T15:00:00",
}
AROUND = 30 * MINUTE
TICKS = 2 * AROUND // CANDLE + 1


class Feeds:
    """Notes when it was asked."""

    def __init__(self, midnight):
        self.midnight = midnight
        self.asked = []

    failures = {}  # noqa: RUF012 - never changed

    async def reading(self, now):
        self.asked.append(now)
        return e.MarketContextCollected(50, None, 0, None)

    async def articles(self, now, budget=None):
        at = self.midnight - 10 * HOUR
        return News([Article("1", "Ether", at, at, ("ETH",), Votes(positive=20))])


@pytest.mark.parametrize("night", NIGHTS)
async def test_ticks_ids_and_feeds_go_on_as_ever(night):
    midnight = parse(NIGHTS[night])
    feeds = Feeds(midnight)
    given = {"market_context": feeds, "news_feed": feeds}
    with stage(start=midnight - AROUND, **given) as it:
        await it.ticks(TICKS)
        ticks = [midnight - AROUND + number * CANDLE for number in range(TICKS)]
        for pair in (ETH, SOL):
            rows = await it.tables.newest(PRICES, pair, 100)
            assert [row.close_time for row in rows] == ticks
        analyses = [one.analysis for one in await it.events(e.DecisionMade)]
        assert analyses == [analysis_id(at) for at in ticks] == sorted(set(analyses))
        assert [row.timestamp for row in await it.tables.newest(SIGNALS, ETH, 100)] == ticks
        assert feeds.asked == [midnight - AROUND, midnight, midnight + AROUND]
        moods = [one.market.age_s for one in await it.signals()]
        assert moods == [0, 300, 600, 900, 1200, 1500] * 2 + [0]
        # 9.5 to 10.5 hours old: the article's weight falls evenly through midnight
        weights = [one.headlines[0].weight for one in await it.events(e.SentimentScored)
                   if one.pair == ETH]  # fmt: skip
        assert [a - b for a, b in pairwise(weights)] == pytest.approx([0.5 / 24] * 2)
        await it.judge_the_end()


@pytest.mark.parametrize("night", NIGHTS)
async def test_a_position_is_held_through_midnight_and_sold_after_30_minutes(night):
    midnight = parse(NIGHTS[night])
    with stage(start=midnight - 4 * CANDLE) as it:
        await it.ticks(2, sol=0.9)
        await it.ticks(1, eth=0.9)
        await it.ticks(12, eth=-0.9, sol=0.0)
        (bought, sold) = await it.trades(ETH)
        assert bought.timestamp < midnight < sold.timestamp
        assert 30 * MINUTE <= sold.timestamp - bought.timestamp < 36 * MINUTE
        # ids of the same pair and side on either side of midnight are different orders
        await it.ticks(8, eth=0.9)
        orders = [one.order for one in await it.events(e.OrderRequested)]
        assert len(set(orders)) == len(orders) == 4
        assert list(await it.open()) == [ETH, SOL]
        await it.judge_the_end()


@pytest.mark.parametrize("night", NIGHTS)
async def test_the_breaker_adds_up_24_hours_and_not_the_calendar_day(night):
    """One loss half an hour before midnight, one half an hour after it."""
    midnight = parse(NIGHTS[night])
    ticks = AROUND // CANDLE
    prices = {
        ETH: [USDT, USDT * 0.94],
        SOL: [*[USDT] * (2 * ticks), USDT * 0.94],
    }
    settings = (*EVERY_TICK, "breaker_loss_jpy=1000")
    with stage(prices, start=midnight - AROUND, settings=settings) as it:
        await it.ticks(1, eth=0.9, sol=0.0)
        await it.ticks(1, eth=0.0, sol=0.9)
        await it.ticks(2 * ticks, sol=0.0)
        first, second = await it.events(e.PositionClosed)
        assert first.closed_at < midnight < second.closed_at
        (tripped,) = await it.events(e.CircuitBreakerTripped)
        assert tripped.loss_24h.amount == -(first.gain + second.gain).amount
        await it.judge_the_end()


@pytest.mark.parametrize("plug", ["in_memory", "sqlite"])
async def test_candles_expire_after_14_days_to_the_millisecond_not_at_midnight(plug, tmp_path):
    midnight = parse(NIGHTS["month end in Japan"])
    folder = tmp_path if plug == "sqlite" else None
    with stage(start=midnight - AROUND, folder=folder) as it:
        await it.ticks(7, eth=0.9)
        await it.ticks(6, eth=-0.9)
        opened = [row.open_time for row in await it.tables.everything(PRICES) if row.pair == ETH]
        assert len(opened) == 13
        for at in (opened[5], opened[6], opened[7]):
            it.clock.move_to(at + 14 * DAY)
            left = await it.tables.newest(PRICES, ETH, 100)
            assert [row.open_time for row in left] == [one for one in opened if one >= at]
            it.clock.move_to(at + 14 * DAY + 1)
            assert at not in [row.open_time for row in await it.tables.since(PRICES, ETH, 0)]
        # trades live longer, positions for ever, and the log keeps every candle
        assert len(await it.tables.since(TRADES, ETH, 0)) == 2
        assert len(await it.events(e.PriceCollected)) == 2 * 13
        # the program wakes up in another month: it goes on, and makes nothing up
        await it.ticks(1, eth=0.0)
        assert iso(it.at) == "2026-03-14T15:05:00Z"
        await it.judge_the_end()


async def test_the_zone_of_the_machine_changes_nothing():
    logs = []
    for zone_h in (0, 9, -8):
        with stage(
            {ETH: [USDT, USDT, USDT * 1.04, USDT * 0.9]},
            start=parse(NIGHTS["month end in Japan"]) - 3 * CANDLE,
            zone_h=zone_h,
        ) as it:
            await it.ticks(8, eth=0.9)
            logs.append(list(it.book.commits))
    assert logs[0] == logs[1] == logs[2]
    assert any(isinstance(one, e.PositionClosed) for c in logs[0] for one in c.events)
