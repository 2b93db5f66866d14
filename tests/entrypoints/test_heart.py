"""Silence is told once, and its end."""

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.read_models.in_memory import InMemoryReadModels
from application.errors import Retryable
from application.read_models import PRICES
from application.troubles import Troubles
from domain.events import Candle
from domain.instant import CANDLE
from entrypoints.local.heart import PriceHeart

pytestmark = pytest.mark.asyncio(loop_scope="function")
OPENED = 1_735_689_600_000


async def test_the_newest_candle_of_any_pair_counts_from_its_close() -> None:
    tables = InMemoryReadModels(SimulatedClock(OPENED))
    heart = PriceHeart(tables, ("eth_usdt", "btc_usdt"), lambda: Troubles(InMemoryNotifier()))
    assert await heart.newest() is None
    tables.write([(PRICES, Candle("btc_usdt", OPENED, 1.0, 1.0, 1.0, 1.0, 1.0))])
    assert await heart.newest() == OPENED + CANDLE


async def test_silence_is_told_once_and_so_is_its_end() -> None:
    notifier = InMemoryNotifier()
    troubles = Troubles(notifier)
    heart = PriceHeart(InMemoryReadModels(SimulatedClock()), ("eth_usdt",), lambda: troubles)
    await heart.beating()
    await heart.silent(OPENED)
    await heart.silent(OPENED)
    await heart.beating()
    await heart.beating()
    assert len(notifier.said) == 2
    assert "2025-01-01T00:00" in str(notifier.said[0])


async def test_tables_that_cannot_be_read_are_no_news() -> None:
    class Away(InMemoryReadModels):
        """A database that does not answer after the first time."""

        asked = 0

        async def newest(self, table, partition, count):
            self.asked += 1
            if self.asked > 1:
                raise Retryable("busy")
            return await super().newest(table, partition, count)

    tables = Away(SimulatedClock(OPENED))
    tables.write([(PRICES, Candle("eth_usdt", OPENED, 1.0, 1.0, 1.0, 1.0, 1.0))])
    heart = PriceHeart(tables, ("eth_usdt",), lambda: Troubles(InMemoryNotifier()))
    assert await heart.newest() == await heart.newest() == OPENED + CANDLE
