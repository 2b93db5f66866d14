"""Prices live 14 days and signals 90, to the millisecond; positions and the log for ever."""

import pytest

import domain.events as e
from application.read_models import POSITIONS, PRICES, SIGNALS
from domain.instant import CANDLE, DAY
from tests.given.stage import ETH, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def test_a_price_is_there_to_the_end_of_its_life_and_then_for_nobody():
    with stage(count=15 * DAY // CANDLE) as it:
        await it.ticks(3)
        first, *_ = await it.tables.since(PRICES, ETH, 0)
        dies = first.open_time + 14 * DAY
        it.clock.set_to(dies)
        assert first in await it.tables.since(PRICES, ETH, 0)
        it.clock.set_to(dies + 1)
        assert await it.tables.get(PRICES, ETH, first.open_time) is None
        assert first not in await it.tables.since(PRICES, ETH, 0)
        assert first not in await it.tables.everything(PRICES)
        collected = [one.candle for one in await it.events(e.PriceCollected)]
        assert first in collected, "the log forgets nothing"


async def test_after_a_fortnight_of_silence_nothing_is_decided_on_what_was():
    with stage(count=16 * DAY // CANDLE) as it:
        await it.ticks(4, eth=0.9)
        await it.ticks(1, eth=0.0)
        assert await it.open()
        before = len(await it.events(e.DecisionMade))
        it.clock.move_to(it.at + 15 * DAY)
        it.restart()
        await it.ticks(2)
        now = it.clock.now()
        rows = await it.tables.since(PRICES, ETH, 0)
        assert rows
        assert all(one.open_time > now - 14 * DAY for one in rows)
        assert await it.open(), "a position is held until it is sold"
        assert len(await it.events(e.DecisionMade)) > before
        assert await it.tables.since(POSITIONS, ETH, "")
        await it.judge_the_end()


async def test_signals_stay_a_quarter_of_a_year():
    with stage(count=300) as it:
        await it.ticks(2)
        at = (await it.tables.since(SIGNALS, ETH, 0))[0].timestamp
        it.clock.set_to(at + 90 * DAY)
        assert await it.tables.get(SIGNALS, ETH, at) is not None
        it.clock.set_to(at + 90 * DAY + 1)
        assert await it.tables.get(SIGNALS, ETH, at) is None
        assert len(await it.signals()) == 2
