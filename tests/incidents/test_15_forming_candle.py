"""The collector read the candle that was still forming.

What happened: half a candle was stored as a whole one, and scores were made of it.

What must hold: only closed candles are stored, each once, as it was when it had closed.
"""

import attrs
import pytest

import domain.events as e
from adapters.market_data.closed_only import ClosedOnly
from adapters.market_data.recorded import RecordedMarketData
from application.read_models import PRICES
from domain.instant import CANDLE
from tests.given.stage import ETH, SOL, candles, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
RISE = {ETH: [1_000.0 + number for number in range(30)]}


class Careless:
    """A source that adds the candle that is forming, again the one before, and disorder."""

    def __init__(self, source):
        self.source = source

    async def closed_candles(self, after, now):
        earlier = {pair: opened - 3 * CANDLE for pair, opened in after.items()}
        found = await self.source.closed_candles(earlier, now + CANDLE)
        return {pair: self._served(list(rows), now) for pair, rows in found.items()}

    def _served(self, rows, now):
        served = [
            attrs.evolve(one, close=one.open * 1.5, high=one.open * 2)
            if one.open_time + CANDLE > now
            else one
            for one in rows
        ]
        return [*reversed(served), *served[-2:]]


def careless_source():
    series = {pair: candles(pair, RISE.get(pair, [1_000.0]), before=20, count=60)
              for pair in (ETH, SOL)}  # fmt: skip
    return series, ClosedOnly(Careless(RecordedMarketData(series)))


async def test_only_closed_candles_are_stored_each_once_and_as_it_closed():
    series, source = careless_source()
    with stage(RISE, before=20, count=60, market_data=source) as it:
        await it.ticks(20)
        known = {}
        async for _, commit in it.book.read_all():
            for event in commit.events:
                if isinstance(event, e.PriceCollected):
                    candle = event.candle
                    assert candle.close_time <= commit.at
                    assert (candle.pair, candle.open_time) not in known
                    known[candle.pair, candle.open_time] = candle
        for pair in (ETH, SOL):
            rows = await it.tables.newest(PRICES, pair, 1_000)
            assert [row.open_time for row in rows] == series[pair].open_time[:40].tolist()
            assert [row.close for row in rows] == series[pair].close[:40].tolist()
            assert rows[-1].close_time == it.at
            assert [known[pair, row.open_time] for row in rows] == list(rows)


async def test_no_analysis_is_set_off_by_a_candle_that_is_not_whole():
    """Half a candle is up by 50 %: a move that never was."""
    _, source = careless_source()
    settings = ("analysis_interval_s=86400", "volatility_threshold_pct=5")
    with stage(RISE, before=20, count=60, settings=settings, market_data=source) as it:
        await it.ticks(20)
        (trigger,) = await it.events(e.AnalysisTriggered)
        assert trigger.reason == "first"
        assert dict(trigger.moves_pct)[ETH] == 0.0
