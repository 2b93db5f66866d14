"""The terminal's line: what is known, how old it is, what is held, what fails."""

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.read_models.in_memory import InMemoryReadModels
from application.errors import Retryable
from application.read_models import MARKET_CONTEXT, PRICES, SENTIMENT
from application.read_models.tables import MarketContextRow, SentimentRow
from application.troubles import Troubles
from domain.events import Candle, MarketContextCollected
from domain.instant import CANDLE, HOUR, MINUTE
from domain.instruments import DEFAULT
from entrypoints.local.status import status_line

pytestmark = pytest.mark.asyncio(loop_scope="function")
NOW = 1_735_689_600_000
COINS = DEFAULT.only(("ETH", "BTC"))


def candle(pair: str, closed: int) -> Candle:
    return Candle(pair, closed - CANDLE, 1.0, 1.0, 1.0, 1.0, 1.0)


async def said(tables, troubles: Troubles | None = None) -> str:
    troubles = troubles or Troubles(InMemoryNotifier())
    return await status_line(NOW, tables=tables, instruments=COINS, troubles=troubles)


async def test_nothing_is_known_yet() -> None:
    line = await said(InMemoryReadModels(SimulatedClock(NOW)))
    assert line == "prices 0 of 2 (ETH none, BTC none) | mood none | news none | holds nothing"


async def test_ages_are_shown() -> None:
    tables = InMemoryReadModels(SimulatedClock(NOW))
    reading = MarketContextCollected(40, None, 0, None)
    tables.write(
        [
            (PRICES, candle("eth_usdt", NOW)),
            (PRICES, candle("btc_usdt", NOW - 3 * HOUR)),
            (MARKET_CONTEXT, MarketContextRow("global", NOW - 7 * MINUTE, reading)),
            (SENTIMENT, SentimentRow("eth_usdt", NOW - 150 * MINUTE, 0.5, 3)),
            (SENTIMENT, SentimentRow("btc_usdt", NOW - 90 * MINUTE, 0.5, 3)),
        ]
    )
    troubles = Troubles(InMemoryNotifier())
    await troubles.failed("market_data", Retryable("503"))
    assert await said(tables, troubles) == (
        "prices 1 of 2 (BTC 3.0 h) | mood 7 min old | news 1.5 h old | holds nothing"
        " | failing: market_data"
    )


async def test_tables_that_cannot_be_read_are_said_to_be_so() -> None:
    class Away(InMemoryReadModels):
        async def newest(self, table, partition, count):
            raise Retryable("busy")

    assert await said(Away(SimulatedClock(NOW))) == "the tables cannot be read: busy"
