"""What doctor reads: permissions of a key, books, symbols of Binance; against fakes and worse."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.account_checks import (
    MOVING,
    NEEDED,
    Told,
    asked,
    fees,
    knows_order_one,
    newest_nonce,
    two_pages,
)
from adapters.exchange.coincheck.calls import Calls, Retries, Timeouts, coincheck_client
from adapters.exchange.coincheck.market_checks import MarketReads
from adapters.exchange.coincheck.nonces import InMemoryNonces, SqliteNonces
from adapters.exchange.coincheck.signing import Credentials
from adapters.exchange.coincheck_fake.api import make_app
from adapters.exchange.coincheck_fake.auth import MOVING as MOVING_POINTS
from adapters.exchange.coincheck_fake.auth import TRADING, ApiKey
from adapters.exchange.coincheck_fake.faults import Faults
from adapters.exchange.coincheck_fake.market import GivenPrices
from adapters.exchange.coincheck_fake.rules import Terms
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.http_reads import HttpReads, reads_client
from adapters.loopback.server import serving
from application.errors import Broken, ConfigurationError, Retryable
from entrypoints.doctor.binance_reads import BinanceReads
from entrypoints.doctor.fakes import PRICES, binance_app

NOW = 1_772_366_400_000
EVERYTHING = (*NEEDED, *MOVING)


@attrs.frozen
class Desk:
    """A fake exchange, its key and its faults, and the questions asked of it."""

    url: str
    key: ApiKey
    faults: Faults
    venue: Venue
    clock: SimulatedClock

    def told(self, *names: str) -> list[Told]:
        return self.asking(lambda calls: _all(calls, names))

    def asking(self, ask: Callable[[Calls], Any]) -> Any:
        return asyncio.run(self._with_calls(ask))

    async def _with_calls(self, ask: Callable[[Calls], Any]) -> Any:
        async with coincheck_client(self.url) as client:
            return await ask(made_calls(client, self.clock))

    def read(self, what: str, *given: str) -> Any:
        async def ask() -> Any:
            async with reads_client() as client:
                reads = HttpReads("Coincheck", client=client, clock=self.clock)
                return await getattr(MarketReads(reads, self.url), what)(*given)

        return asyncio.run(ask())


def made_calls(client: httpx.AsyncClient, clock: SimulatedClock) -> Calls:
    return Calls(
        client=client,
        credentials=Credentials(key_id="key", secret="secret"),  # noqa: S106
        clock=clock,
        nonces=InMemoryNonces(),
        timeouts=Timeouts(),
        retries=Retries(attempts=2),
        chance=lambda: 0.5,
    )


async def _all(calls: Calls, names: tuple[str, ...]) -> list[Told]:
    return [(await asked(calls, name)).told for name in names]


@contextmanager
def opened(terms: Terms | None = None) -> Iterator[Desk]:
    clock, faults = SimulatedClock(NOW), Faults()
    venue = Venue(clock=clock.now, market=GivenPrices(PRICES), cash=Decimal(10_000), terms=terms)
    app = make_app(venue, {"key": "secret"}, faults)
    with serving(app) as url:
        yield Desk(url, app.state.gate.keys["key"], faults, venue, clock)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as made:
        yield made


# --- permissions


def test_a_trading_key_reads_what_it_needs_and_nothing_about_money_that_leaves(desk) -> None:
    assert desk.told(*NEEDED) == [Told.ANSWERED] * 4
    assert desk.told(*MOVING) == [Told.FORBIDDEN] * 3


def test_a_key_with_rights_over_withdrawals_is_answered(desk) -> None:
    desk.key.may = TRADING | MOVING_POINTS
    assert desk.told(*EVERYTHING) == [Told.ANSWERED] * 7


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("balance", "balance"),
        ("account", "accounts"),
        ("open orders", "opens"),
        ("transactions", "fills-page"),
        ("withdrawals", "withdraws"),
        ("bank accounts", "bank-accounts"),
        ("sent coins", "sends"),
    ],
)
def test_each_list_has_a_permission_of_its_own(desk, name, point) -> None:
    desk.key.may = frozenset({point})
    told = dict(zip(EVERYTHING, desk.told(*EVERYTHING), strict=True))
    assert told == dict.fromkeys(EVERYTHING, Told.FORBIDDEN) | {name: Told.ANSWERED}


def test_a_call_that_is_not_permitted_has_used_its_nonce_up(desk) -> None:
    desk.key.may = frozenset()
    assert desk.told("balance") == [Told.FORBIDDEN]
    assert desk.key.last_nonce >= NOW * 1000


def test_what_is_asked_moves_nothing(desk) -> None:
    desk.key.may = TRADING | MOVING_POINTS
    before = desk.venue.holdings()
    desk.told(*EVERYTHING)
    assert (desk.venue.holdings(), desk.venue.history) == (before, {})


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("http-502-after", Told.UNREACHED),
        ("html-200", Told.UNREACHED),
        ("reply-lost-after", Told.UNREACHED),
        ("throttled", Told.UNREACHED),
        ("truncated-json", Told.UNCLEAR),
        ("nonce-refused", Told.NONCE),
        ("wrong-types", Told.ANSWERED),
    ],
)
def test_a_fault_is_neither_a_permission_nor_the_lack_of_one(desk, fault, told) -> None:
    desk.key.may = TRADING | MOVING_POINTS
    desk.faults.begin(fault)
    assert desk.told("withdrawals") == [told]


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, '{"success":false,"error":"invalid authentication"}', Told.FORBIDDEN),
        (403, '{"success":false,"error":"no"}', Told.FORBIDDEN),
        (403, "<html>blocked</html>", Told.UNCLEAR),
        (403, "", Told.UNCLEAR),
        (404, "<html>no such page</html>", Told.UNCLEAR),
        (400, '{"success":false,"error":"no"}', Told.UNCLEAR),
        (200, '{"success":false,"error":"no"}', Told.UNCLEAR),
        (200, '{"data":[]}', Told.UNCLEAR),
        (200, "[]", Told.UNCLEAR),
        (200, '{"success":true}', Told.ANSWERED),
    ],
)
def test_only_a_clear_no_is_believed(status, body, told) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))

    async def ask() -> Told:
        async with coincheck_client(transport=transport) as client:
            return (await asked(made_calls(client, SimulatedClock(NOW)), "withdrawals")).told

    assert asyncio.run(ask()) is told


def test_fees_are_fractions() -> None:
    with opened(Terms(fees={"avax_jpy": Decimal("0.001")})) as desk:
        told = desk.asking(fees)
        assert (told["avax_jpy"], told["btc_jpy"]) == (Decimal("0.001"), 0)


def test_order_one_is_nobodys_and_the_next_page_is_older(desk) -> None:
    assert desk.asking(lambda calls: knows_order_one(calls, desk.clock)) is False
    assert desk.asking(two_pages) == ([], [])
    for _ in range(2):
        desk.venue.trade_by_hand("btc_jpy", "market_buy", Decimal(1_000))
    (newer,), (older,) = desk.asking(two_pages)
    assert older < newer


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, "<html>no such page</html>", False),
        (400, '{"success":false,"error":"not found"}', False),
        (200, '{"success":true,"id":1}', True),
    ],
)
def test_any_clear_no_makes_an_order_missing(status, body, told) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))

    async def ask() -> bool:
        clock = SimulatedClock(NOW)
        async with coincheck_client(transport=transport) as client:
            return await knows_order_one(made_calls(client, clock), clock)

    assert asyncio.run(ask()) is told


# --- nonces


def test_the_newest_nonce_is_the_mark_and_zero_without_one(tmp_path: Path) -> None:
    nonces = SqliteNonces(tmp_path / "nonces.sqlite")
    assert newest_nonce(nonces, "key") == 0
    given = nonces.reserve("key", NOW)
    assert newest_nonce(nonces, "key") == given
    assert nonces.reserve("key", 0) > given


# --- markets


def test_books_and_listings(desk) -> None:
    desk.venue.sessions["eth_jpy"] = "itayose"
    markets = desk.read("markets")
    assert {*markets} == {*PRICES}
    assert markets["btc_jpy"].availability.market_order
    assert not markets["eth_jpy"].availability.market_order
    book = desk.read("book", "doge_jpy")
    (bid, _), (ask, coins) = book.bids[0], book.asks[0]
    assert bid < 35 < ask
    assert coins * ask > 1_000_000  # cheap coins are offered by the thousand


def test_a_pair_can_have_a_spread_and_a_depth_of_its_own() -> None:
    terms = Terms(spreads={"xrp_jpy": Decimal("0.02")}, depths={"xrp_jpy": Decimal("0.1")})
    with opened(terms) as desk:
        thin, usual = desk.read("book", "xrp_jpy"), desk.read("book", "sol_jpy")
        assert thin.asks[0][0] == Decimal(404)
        assert usual.asks[0][0] == Decimal(30_015)
        assert thin.asks[0][1] == 7_000
        assert desk.read("ticker", "xrp_jpy").ask == 404


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"asks":[],"bids":[]}',
        '{"asks":[["1"]],"bids":[["1","1"]]}',
        '{"asks":[["x","1"]],"bids":[["1","1"]]}',
        '{"asks":[["1","1"]],"bids":[["2","1"]]}',
        '{"asks":[["2","-1"]],"bids":[["1","1"]]}',
        '{"asks":[["0","1"]],"bids":[["1","1"]]}',
        '{"asks":null,"bids":null}',
    ],
)
def test_a_book_that_cannot_be_is_broken(body) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body))

    async def read() -> None:
        async with reads_client(transport) as client:
            reads = HttpReads("Coincheck", client=client, clock=SimulatedClock(NOW))
            await MarketReads(reads, "http://fake").book("btc_jpy")

    with pytest.raises(Broken, match="order_books"):
        asyncio.run(read())


# --- Binance


def binance(*hosts: str, ask: Callable[[BinanceReads], Any], transport: Any = None) -> Any:
    async def asking() -> Any:
        async with reads_client(transport) as client:

            def made(service: str, **given: Any) -> HttpReads:
                return HttpReads(service, client=client, clock=SimulatedClock(NOW), **given)

            return await ask(BinanceReads(made, hosts))

    return asyncio.run(asking())


def test_a_symbol_is_listed_or_not() -> None:
    with serving(binance_app(lambda: NOW)) as url:
        assert binance(url, ask=lambda reads: reads.time()) == NOW
        assert binance(url, ask=lambda reads: reads.status("BTCUSDT")) == "TRADING"
        assert binance(url, ask=lambda reads: reads.status("NONEUSDT")) == ""


@pytest.mark.parametrize("status", [451, 503, 404])
def test_the_next_host_is_asked_when_one_does_not_serve(status) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "first":
            return httpx.Response(status, json={"code": 0, "msg": "restricted location"})
        return httpx.Response(200, json={"serverTime": NOW})

    transport = httpx.MockTransport(answer)
    hosts = ("http://first", "http://second")
    assert binance(*hosts, ask=lambda reads: reads.time(), transport=transport) == NOW


@pytest.mark.parametrize(
    "body", [{}, [], {"serverTime": "now"}, {"serverTime": NOW // 1000}, {"serverTime": NOW * 1000}]
)
def test_a_time_that_cannot_be_is_broken(body) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with pytest.raises(Broken, match="serverTime"):
        binance("http://one", ask=lambda reads: reads.time(), transport=transport)


@pytest.mark.parametrize("body", [{}, [], {"symbols": None}, {"symbols": [{"symbol": "ETHUSDT"}]}])
def test_another_symbol_than_asked_for_is_broken(body) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with pytest.raises(Broken, match="BTCUSDT"):
        binance("http://one", ask=lambda reads: reads.status("BTCUSDT"), transport=transport)


def test_no_host_that_answers_is_said() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(503, text="down"))
    with pytest.raises(Retryable, match="Binance"):
        binance("http://a", "http://b", ask=lambda reads: reads.time(), transport=transport)
    with pytest.raises(ConfigurationError):
        binance("nonsense", ask=lambda reads: reads.time())
