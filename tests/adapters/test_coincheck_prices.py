"""The public ticker as live prices, over a real socket to the fake exchange."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import httpx
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck_fake.api import make_app
from adapters.exchange.coincheck_fake.faults import Faults
from adapters.exchange.coincheck_fake.market import GivenPrices
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.exchange.paper.coincheck_prices import CoincheckPrices
from adapters.http_reads import HttpReads, reads_client
from adapters.loopback.server import serving
from application.errors import Broken, Retryable
from domain.instruments import DEFAULT

pytestmark = pytest.mark.asyncio(loop_scope="function")
START = 1_759_157_421_000
ETH = "eth_usdt"


@contextmanager
def fake(clock: SimulatedClock) -> Iterator[tuple[str, Faults]]:
    """A fake exchange at which ETH costs 600,000 JPY."""
    venue = Venue(
        clock=clock.now, market=GivenPrices({"eth_jpy": Decimal(600_000)}), cash=Decimal(1)
    )
    faults = Faults()
    with serving(make_app(venue, {}, faults)) as url:
        yield url, faults


def prices(client: httpx.AsyncClient, url: str, clock: SimulatedClock) -> CoincheckPrices:
    return CoincheckPrices(HttpReads("coincheck", client=client, clock=clock), url, DEFAULT)


async def test_the_last_trade_is_told_once() -> None:
    clock = SimulatedClock(START)
    with fake(clock) as (url, _):
        async with reads_client() as client:
            source = prices(client, url, clock)
            assert await source.trades(ETH, 0) == [(START, Decimal(600_000))]
            assert await source.trades(ETH, START) == []
            clock.move_to(START + 60_000)
            assert await source.trades(ETH, START) == [(START + 60_000, Decimal(600_000))]
            quote = await source.quote(ETH)
            assert quote.bid.amount < 600_000 < quote.ask.amount


@pytest.mark.parametrize("fault", ["maintenance", "html-200", "truncated-json"])
async def test_a_reply_that_is_none_is_one_of_our_errors(fault: str) -> None:
    clock = SimulatedClock(START)
    with fake(clock) as (url, faults):
        faults.begin(fault, "ticker")
        async with reads_client() as client:
            with pytest.raises((Retryable, Broken), match="coincheck"):
                await prices(client, url, clock).trades(ETH, 0)


async def test_numbers_as_texts_are_numbers() -> None:
    clock = SimulatedClock(START)
    with fake(clock) as (url, faults):
        faults.begin("wrong-types", "ticker")
        async with reads_client() as client:
            with contextlib.suppress(Broken):  # a null is none
                assert await prices(client, url, clock).trades(ETH, 0) == [(START, 600_000)]


@pytest.mark.parametrize(
    "ticker",
    [
        {"last": None, "bid": 1, "ask": 1, "timestamp": START // 1000},
        {"last": "nan", "bid": 1, "ask": 1, "timestamp": START // 1000},
        {"last": -5, "bid": 1, "ask": 1, "timestamp": START // 1000},
        {"last": 5, "bid": 1, "ask": 1, "timestamp": START},
        {"last": True, "bid": 1, "ask": 1, "timestamp": START // 1000},
        [],
        "x",
    ],
)
async def test_a_ticker_that_cannot_be_is_broken_and_names_the_field(ticker: object) -> None:
    clock = SimulatedClock(START)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=ticker))
    async with reads_client(transport) as client:
        with pytest.raises(Broken, match="ticker"):
            await prices(client, "http://fake", clock).trades(ETH, 0)


async def test_a_service_that_is_away_is_asked_again_and_then_given_up() -> None:
    clock, asked = SimulatedClock(START), []

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(503, text="<html>maintenance</html>")

    async with reads_client(httpx.MockTransport(away)) as client:
        with pytest.raises(Retryable, match="503"):
            await prices(client, "http://fake", clock).quote(ETH)
    assert len(asked) == 3
    assert clock.now() > START
