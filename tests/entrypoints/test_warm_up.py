"""Candles beforehand: stored once, no analysis asked for, what failed is named."""

import asyncio
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.sqlite_file import open_log
from application.errors import Retryable
from domain import events as e
from domain.instant import CANDLE, HOUR
from entrypoints.cli.warm_up import warm_up
from entrypoints.fakes.services import FakeMarket, fake_services
from entrypoints.wiring.log_file import reading
from entrypoints.wiring.settings import General, Settings


def settings_of(folder: Path) -> Settings:
    return Settings(_env_file=None, general=General(folder=folder, coins=("ETH", "BTC")))


async def kinds(path: Path) -> set[str]:
    with reading(path) as store:
        return {
            type(event).__name__ async for _, commit in store.read_all() for event in commit.events
        }


def test_candles_are_stored_once_and_nothing_else_is(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    market = FakeMarket(settings, 3)
    clock = SimulatedClock(market.first + 10 * HOUR)
    with fake_services(settings, market, clock=clock, seed=3, is_calm=True) as up:
        first = asyncio.run(warm_up(up.settings, "paper", 100, clock))
        again = asyncio.run(warm_up(up.settings, "paper", 100, clock))
    assert all(90 <= number <= 101 for number in first.values()), "the market has gaps"
    assert set(again.values()) <= {0, 1}
    assert asyncio.run(kinds(tmp_path / "paper.sqlite")) == {e.PriceCollected.__name__}


def test_what_failed_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    market = FakeMarket(settings, 3)
    clock = SimulatedClock(market.first + 10 * HOUR)
    with fake_services(settings, market, clock=clock, seed=3, is_calm=True) as up:
        for name in ("binance", "binance-2"):
            up.weather.services[name].begin("503")
        with pytest.raises(Retryable, match=r"eth_usdt: .*503"):
            asyncio.run(warm_up(up.settings, "live", 20, clock))
    open_log(tmp_path / "live.sqlite", create=False).close()
    assert clock.now() > market.first + 10 * HOUR + CANDLE // 300
