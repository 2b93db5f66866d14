"""All outside services as fakes on loopback: one synthetic market behind them, and bad weather.

What runs against them is the same program as ever; only the addresses in its configuration differ.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs
from pydantic import SecretStr

from adapters.exchange.coincheck_fake import api as coincheck_api
from adapters.exchange.coincheck_fake.faults import Faults
from adapters.exchange.coincheck_fake.market import Renamed
from adapters.exchange.coincheck_fake.rules import RULES, CoinRule, Terms
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.market_context import feeds_fake
from adapters.market_data import binance_fake
from adapters.news_feed import cryptopanic_fake
from adapters.notifier.slack_fake import PATH, FakeSlack
from domain.instant import DAY, HOUR, SECOND, iso
from domain.money import Jpy
from entrypoints.fakes.weather import Outage, Service, Weather, outages
from entrypoints.simulation.world import Plan, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from application.ports.clock import Clock
    from entrypoints.wiring.settings import Settings

DAYS = 30
KEY, SECRET, TOKEN = "fake-key", "fake-secret", "fake-token"
CASH = Decimal(1_000_000)
SHOWN = 100
"""Messages that the fake of Slack remembers."""
RATES = {
    "reply-lost-before": 0.01,
    "reply-lost-after": 0.01,
    "http-502-before": 0.01,
    "http-502-after": 0.01,
    "html-200": 0.005,
    "truncated-json": 0.005,
    "throttled": 0.005,
    "wrong-types": 0.005,
    "stale-ticker": 0.005,
}
"""Chance of each per call of Coincheck, outages apart."""
COINCHECK = ("http-502-before", "html-200", "maintenance", "throttled", "wrong-types")
BINANCE = (
    *("429", "503", "451", "html", "truncated", "wrong-types", "null"),
    *("stale", "slow", "half", "gap", "missing", "doubled", "unsorted"),
)
FEEDS = ("429", "503", "html", "truncated", "wrong-types", "null", "missing", "stale", "slow")
NEWS = ("429", "502", "html", "cloudflare", "truncated", "wrong-types", "null", "slow")


class FakeMarket:
    """What all services know of: prices, mood and news of `DAYS` days, out of a seed."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.instruments = settings.instruments
        plan = Plan(
            seed=seed,
            days=DAYS,
            instruments=self.instruments,
            parameters=settings.parameters,
            cash=Jpy(CASH),
        )
        self._around = around = Surroundings(plan)
        self.by_pair = around.series
        self.prices = around.prices
        self.series = {one.binance: around.series[one.pair] for one in self.instruments}
        self.first = around.start + around.warm_up * DAY // 288
        """By here (ms) there are candles enough to analyse."""
        self.last = around.end - DAY
        self.days = DAYS
        names = {one.coincheck: one.pair for one in self.instruments}
        self.yen = Renamed(around.prices, names)

    def feeds(self, now: int) -> feeds_fake.FeedsData:
        """What the services of the market's mood know at a moment (ms)."""
        mood = self._around.mood
        greed = mood.fear_greed.newest(now) if mood.fear_greed else None
        rates = [one.newest(now) for one in mood.funding or ()]
        share = mood.dominance.newest(now) if mood.dominance else None
        symbols = [one.binance for one in self.instruments]
        return feeds_fake.FeedsData(
            fear_greed=[(round(greed[1]), greed[0] // SECOND)] if greed else [],
            rates={
                symbol: f"{rate[1]:.8f}"
                for symbol, rate in zip(symbols, rates, strict=True)
                if rate is not None
            },
            funding_time=now,
            percentages={"btc": share[1], "eth": 12.5} if share else {},
            updated_at=now // SECOND,
        )

    def posts(self, now: int) -> list[cryptopanic_fake.FakePost]:
        """The news of the last two days at a moment (ms)."""
        return [
            cryptopanic_fake.FakePost(
                id=int(one.id),
                title=one.title,
                published_at=iso(one.arrived_at),
                codes=one.coins,
                votes={"positive": int(one.votes.positive), "negative": int(one.votes.negative)}
                if one.votes
                else None,
            )
            for one in self._around.articles
            if now - 48 * HOUR < one.arrived_at <= now
        ]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class FakeServices:
    """The services while they are up; `settings` lead to them."""

    settings: Settings
    market: FakeMarket
    venue: Venue
    slack: FakeSlack
    weather: Weather
    coincheck: Faults
    binance: ScriptedFaults


@contextmanager
def fake_services(
    settings: Settings,
    market: FakeMarket,
    *,
    clock: Clock,
    seed: int,
    is_calm: bool = False,
) -> Iterator[FakeServices]:
    """Serve all on loopback while the block runs, in bad weather unless it is to be calm.

    `clock` must be one that other threads can read.
    """
    slack = FakeSlack(kept=SHOWN)
    faults = Faults({} if is_calm else RATES, seed=seed, hold_s=1.0)
    exchange = Venue(
        clock=clock.now,
        market=market.yen,
        cash=CASH,
        terms=Terms(parts=2, fills_lag_ms=2_000, balance_lag_ms=500),
        limited=False,
        rules=RULES
        | {one.coincheck: CoinRule(one.min_amount, one.decimals) for one in market.instruments},
    )
    data = binance_fake.BinanceData(series=market.series, now=clock.now)
    binance, beside = binance_fake.make_app(data), binance_fake.make_app(data)
    feeds = feeds_fake.make_app(lambda: market.feeds(clock.now()))
    news = cryptopanic_fake.make_app(lambda: market.posts(clock.now()), TOKEN, settings.news.plan)
    coincheck = coincheck_api.make_app(exchange, {KEY: SECRET}, faults)
    with ExitStack() as up:
        urls = [up.enter_context(serving(one)) for one in (binance, beside, feeds, news)]
        coincheck_url = up.enter_context(serving(coincheck))
        slack_url = up.enter_context(serving(slack.app))
        services = [
            _service("binance", BINANCE, binance.state.faults, "klines"),
            _service("binance-2", BINANCE, beside.state.faults, "klines"),
            _service("fear-greed", FEEDS, feeds.state.faults, feeds_fake.MOOD),
            _service("dominance", FEEDS, feeds.state.faults, feeds_fake.SHARE),
            _service("funding", FEEDS, feeds.state.faults, feeds_fake.FUNDING),
            _service("news", NEWS, news.state.faults, cryptopanic_fake.POINT),
            Service(name="coincheck", faults=COINCHECK, begin=faults.begin, end=faults.end),
            _slack_service(slack),
        ]
        kinds = {one.name: one.faults for one in services}
        plan: tuple[Outage, ...] = ()
        if not is_calm:
            plan = outages(seed, kinds, market.first, market.last)
        yield FakeServices(
            settings=_leading_to(settings, urls, coincheck_url, f"{slack_url}{PATH}"),
            market=market,
            venue=exchange,
            slack=slack,
            weather=Weather(services, plan),
            coincheck=faults,
            binance=binance.state.faults,
        )


def _service(name: str, kinds: tuple[str, ...], faults: ScriptedFaults, point: str) -> Service:
    def begin(fault: str) -> None:
        faults.begin(point, fault)

    def end() -> None:
        faults.end(point)

    return Service(name=name, faults=kinds, begin=begin, end=end)


def _slack_service(slack: FakeSlack) -> Service:
    def set_down(*_: str) -> None:
        slack.is_down = True

    def set_up() -> None:
        slack.is_down = False

    return Service(name="slack", faults=("503",), begin=set_down, end=set_up)


def _leading_to(settings: Settings, urls: list[str], coincheck: str, webhook: str) -> Settings:
    binance, beside, feeds, news = urls
    changes = {
        "coincheck": {
            "base_url": coincheck,
            "key_id": SecretStr(KEY),
            "secret": SecretStr(SECRET),
        },
        "binance": {"hosts": (binance, beside), "futures": feeds},
        "news": {"token": SecretStr(TOKEN), "base_url": news},
        "mood": {"fear_greed_url": feeds, "coingecko_url": feeds, "coingecko_key": None},
        "slack": {"webhook": SecretStr(webhook)},
    }
    return settings.model_copy(
        update={
            name: getattr(settings, name).model_copy(update=update)
            for name, update in changes.items()
        }
    )
