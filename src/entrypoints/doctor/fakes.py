"""All services on loopback with one thing wrong, to see that it is found.

Whoever examines has a clock of his own; the services' clocks agree with it unless that is what
is wrong.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.event_store.sqlite import SqliteEventStore
from adapters.exchange.coincheck.errors import classified
from adapters.exchange.coincheck_fake import api as coincheck_fake
from adapters.exchange.coincheck_fake.auth import MOVING, TRADING
from adapters.exchange.coincheck_fake.market import GivenPrices
from adapters.exchange.coincheck_fake.rules import (
    RULES,
    CoinRule,
    NoSuchPageError,
    RefusedError,
    Terms,
)
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.loopback.server import serving
from adapters.market_context import feeds_fake
from adapters.news_feed import cryptopanic_fake
from adapters.sqlite_file import open_log
from application.ports.clock import Clock
from domain.events import Commit, OrderRefused, OrderRequested, Reason, Side
from domain.instant import DAY, HOUR, MINUTE, SECOND, iso
from domain.instruments import DEFAULT
from entrypoints.doctor.look_at_machine import BY_EXCHANGE
from entrypoints.wiring import settings as conf

KEY, SECRET, TOKEN = "fake-key", "fake-secret", "fake-token"
PRICES: Final[Mapping[str, Decimal]] = {
    "btc_jpy": Decimal(16_000_000),
    "eth_jpy": Decimal(600_000),
    "xrp_jpy": Decimal(400),
    "sol_jpy": Decimal(30_000),
    "doge_jpy": Decimal(35),
    "avax_jpy": Decimal(4_000),
}
LOG: Final = "live.sqlite"
_AVAX: Final = "avax_jpy"


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Seed:
    """What differs from a healthy world."""

    about: str
    may: frozenset[str] = TRADING
    clock_ahead_ms: int = 0
    nonce_ahead_ms: int | None = None
    terms: Terms = attrs.Factory(Terms)
    rules: Mapping[str, CoinRule] = RULES
    token: str = TOKEN
    is_log_damaged: bool = False


SEEDS: Final[Mapping[str, Seed]] = {
    "healthy": Seed(about="nothing is wrong"),
    "over-privileged": Seed(about="the key can withdraw", may=TRADING | MOVING),
    "under-privileged": Seed(about="the key may not read fills", may=TRADING - {"fills-page"}),
    "clock-skewed": Seed(about="this machine's clock is 30 s ahead", clock_ahead_ms=30 * SECOND),
    "nonce-ahead": Seed(about="the key was used with nonces of tomorrow", nonce_ahead_ms=DAY),
    "wide-spread": Seed(
        about="AVAX has a spread of 3 %", terms=Terms(spreads={_AVAX: Decimal("0.03")})
    ),
    "thin-book": Seed(
        about="AVAX has a book of some yen", terms=Terms(depths={_AVAX: Decimal("0.00001")})
    ),
    "fee-charged": Seed(
        about="AVAX has a fee of 0.1 %", terms=Terms(fees={_AVAX: Decimal("0.001")})
    ),
    "missing-coin": Seed(
        about="Coincheck does not list AVAX",
        rules={pair: rule for pair, rule in RULES.items() if pair != _AVAX},
    ),
    "wrong-rules": Seed(
        about="AVAX has a minimum of 0.1 at Coincheck",
        rules={**RULES, _AVAX: CoinRule(Decimal("0.1"), 8)},
    ),
    "bad-news-token": Seed(about="CryptoPanic does not know the token", token="another-token"),  # noqa: S106
    "damaged-log": Seed(about="a commit of the log was edited", is_log_damaged=True),
}


@contextmanager
def misconfigured(name: str, folder: Path, clock: Clock) -> Iterator[conf.Settings]:
    """Serve a seed's world while the block runs; the settings lead to it and to `folder`.

    `clock` must be one that other threads can read. Raises KeyError for an unknown seed.
    """
    seed = SEEDS[name]

    def now() -> int:
        return clock.now() - seed.clock_ahead_ms

    venue = Venue(
        clock=now,
        market=GivenPrices(PRICES),
        cash=Decimal(500_000),
        coins={"avax": Decimal(1)} if _AVAX in seed.rules else {},
        terms=seed.terms,
        rules=seed.rules,
    )
    for _ in range(2):
        venue.trade_by_hand("btc_jpy", "market_buy", Decimal(20_000))
    coincheck = coincheck_fake.make_app(venue, {KEY: SECRET})
    key = coincheck.state.gate.keys[KEY]
    key.may = seed.may
    if seed.nonce_ahead_ms is not None:
        key.last_nonce = (now() + seed.nonce_ahead_ms) * 1000
    with ExitStack() as stack:
        urls = {
            "coincheck": stack.enter_context(serving(coincheck)),
            "binance": stack.enter_context(serving(binance_app(now))),
            "feeds": stack.enter_context(serving(feeds_fake.make_app(_feeds(now())))),
            "news": stack.enter_context(serving(cryptopanic_fake.make_app(_posts(now()), TOKEN))),
        }
        _write_log(folder / LOG, clock, venue, is_damaged=seed.is_log_damaged)
        yield _settings(urls, folder, seed)


def _settings(urls: Mapping[str, str], folder: Path, seed: Seed) -> conf.Settings:
    """Nothing of the environment and of any file."""
    return conf.Settings.model_construct(
        general=conf.General(folder=folder),
        coincheck=conf.Coincheck(
            key_id=SecretStr(KEY), secret=SecretStr(SECRET), base_url=urls["coincheck"]
        ),
        binance=conf.Binance(hosts=(urls["binance"],), futures=urls["feeds"]),
        news=conf.News(token=SecretStr(seed.token), base_url=urls["news"]),
        mood=conf.Mood(fear_greed_url=urls["feeds"], coingecko_url=urls["feeds"]),
        slack=conf.Slack(),
        paper=conf.Paper(),
        live=conf.Live(),
        strategy={},
    )


def binance_app(now: Callable[[], int]) -> Starlette:
    """Binance's time and symbols."""
    symbols = {one.binance for one in DEFAULT}

    async def time(request: Request) -> Response:
        del request
        return JSONResponse({"serverTime": now()})

    async def info(request: Request) -> Response:
        symbol = request.query_params.get("symbol")
        if symbol not in symbols:
            return JSONResponse({"code": -1121, "msg": "Invalid symbol."}, 400)
        row: dict[str, Any] = {"symbol": symbol, "status": "TRADING", "quoteAsset": "USDT"}
        return JSONResponse({"timezone": "UTC", "serverTime": now(), "symbols": [row]})

    return Starlette(routes=[Route("/api/v3/time", time), Route("/api/v3/exchangeInfo", info)])


def _feeds(now: int) -> feeds_fake.FeedsData:
    return feeds_fake.FeedsData(
        fear_greed=[(47, now // DAY * DAY // SECOND)],
        rates={one.binance: "0.00010000" for one in DEFAULT},
        funding_time=now - HOUR,
        percentages={"btc": 57.3, "eth": 12.5},
        updated_at=now // SECOND - 300,
    )


def _posts(now: int) -> list[cryptopanic_fake.FakePost]:
    return [
        cryptopanic_fake.FakePost(
            id=1, title="Bitcoin moves", published_at=iso(now - 10 * MINUTE), codes=("BTC",)
        )
    ]


def _write_log(path: Path, clock: Clock, venue: Venue, *, is_damaged: bool) -> None:
    """A log with one sell of 0.05 AVAX that the exchange refused, if it does."""
    order = "a1:avax_usdt:sell"
    requested = OrderRequested(
        order, "avax_usdt", Side.SELL, Reason.SIGNAL, "a1", -0.4, "p1", clock.now()
    )
    sell = {"pair": _AVAX, "order_type": "market_sell", "amount": "0.05"}
    detail = "insufficient balance"
    try:
        venue.place(sell)
    except (RefusedError, NoSuchPageError) as refused:
        detail = classified(str(refused))
    refusal = OrderRefused(order, "avax_usdt", BY_EXCHANGE, detail)
    commit = Commit(
        f"order/{order}", 1, (requested, refusal), clock.now(), "a1", "analysis/a1", "doctor"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open_log(path, create=True)
    asyncio.run(SqliteEventStore(file, clock).append([commit]))
    file.close()
    if is_damaged:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE commits SET at = at - 1")
