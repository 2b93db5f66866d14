"""The trader at home: live feeds, a paper account or the real one, its log in SQLite, Slack."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from adapters.exchange.coincheck.calls import Retries, Timeouts, coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces import SqliteNonces
from adapters.exchange.coincheck.signing import Credentials
from adapters.exchange.paper.coincheck_prices import CoincheckPrices
from adapters.exchange.paper.exchange import PaperExchange
from adapters.exchange.paper.journal import Journal
from adapters.exchange.simulated.matching import FillAssumptions
from adapters.http_reads import HttpReads, Patience, reads_client
from adapters.market_context.dominance import Dominance
from adapters.market_context.fear_greed import FearGreed
from adapters.market_context.funding import FundingRates
from adapters.market_context.live import LiveMarketContext
from adapters.market_data.binance.klines import BinanceKlines
from adapters.market_data.closed_only import ClosedOnly
from adapters.news_feed.cryptopanic.access import Access, cryptopanic_client
from adapters.news_feed.cryptopanic.feed import CryptoPanicNews
from adapters.notifier.console import ConsoleNotifier
from adapters.notifier.several import Several
from adapters.notifier.slack.webhook import SlackNotifier, slack_client
from application.errors import ConfigurationError
from domain.instant import SECOND
from domain.money import Jpy
from entrypoints.wiring.injector import providers
from entrypoints.wiring.local import local
from entrypoints.wiring.proposer_at_home import proposer_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from application.ports.clock import Clock
    from application.ports.exchange import Exchange
    from application.ports.market_context import MarketContext
    from application.ports.news_feed import NewsFeed
    from application.ports.notifier import Notifier
    from entrypoints.wiring.environment import Environment
    from entrypoints.wiring.settings import Settings

PAPER, REAL = "paper", "live"
"""Names of the accounts, and of the files that they are kept in."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Haste:
    """How much faster than the wall's a clock goes; waiting for services shrinks with it."""

    speed: float = 1.0

    def wait(self, seconds: float, least: float) -> float:
        """Real seconds to wait for what is worth so many of the clock's."""
        return max(seconds / self.speed, least)

    @property
    def patience(self) -> Patience:
        """With reads."""
        return Patience(
            connect_s=self.wait(5, 0.25), read_s=self.wait(10, 0.25), call_s=self.wait(20, 0.5)
        )

    @property
    def timeouts(self) -> Timeouts:
        """With an account's calls."""
        return Timeouts(
            connect_s=self.wait(5, 0.5),
            read_s=self.wait(15, 0.5),
            call_s=self.wait(30, 1.5),
            turn_s=self.wait(40, 3),
        )

    @property
    def oldest_ticker_ms(self) -> int:
        """A slow machine makes every quote look old to a clock this fast."""
        return round(60 * SECOND * self.speed)


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Home:
    """A wired trader and what outlives its ticks."""

    environment: Environment
    exchange: Exchange
    slack: SlackNotifier | None
    log: Path


@asynccontextmanager
async def at_home(
    settings: Settings,
    *,
    account: str,
    clock: Clock,
    haste: Haste | None = None,
    is_quiet: bool = False,
) -> AsyncIterator[Home]:
    """The trader wired for one account, everything closed afterwards; quiet: only Slack is told.

    Raises ConfigurationError or InputError, naming the key or the file.
    """
    haste = haste or Haste()
    folder = settings.general.folder
    async with AsyncExitStack() as stack:
        wires = Wires(settings, stack, clock, haste)
        slack = await wires.slack()
        told: list[Notifier] = (
            [] if is_quiet else [ConsoleNotifier(wants_routine=True, clock=clock)]
        )
        if slack is not None:
            told.append(slack)
        exchange = await (wires.real(folder) if account == REAL else wires.paper(folder))
        log = folder / f"{account}.sqlite"
        environment = local(
            log,
            series=providers.Object({}),
            yen=providers.Object(None),
            instruments=settings.instruments,
            parameters=settings.parameters,
            clock=providers.Object(clock),
            exchange=providers.Object(exchange),
            market_data=providers.Object(await wires.prices()),
            market_context=providers.Object(await wires.mood()),
            news_feed=providers.Object(await wires.news()),
            notifier=providers.Object(Several(told)),
            proposer=providers.Object(proposer_of(settings.tuner)),
        )
        stack.callback(lambda: environment.event_store().close())
        yield Home(environment=environment, exchange=exchange, slack=slack, log=log)


@asynccontextmanager
async def collecting(
    settings: Settings, *, account: str, clock: Clock
) -> AsyncIterator[Environment]:
    """An account's log and live prices, nothing else: for what needs neither key nor orders."""
    async with AsyncExitStack() as stack:
        wires = Wires(settings, stack, clock, Haste())
        environment = local(
            settings.general.folder / f"{account}.sqlite",
            series=providers.Object({}),
            yen=providers.Object(None),
            instruments=settings.instruments,
            parameters=settings.parameters,
            clock=providers.Object(clock),
            market_data=providers.Object(await wires.prices()),
        )
        stack.callback(lambda: environment.event_store().close())
        yield environment


class Wires:
    """Builds the plugs of a configuration; their connections are closed with the stack."""

    def __init__(
        self, settings: Settings, stack: AsyncExitStack, clock: Clock, haste: Haste
    ) -> None:
        self._settings = settings
        self._stack = stack
        self._clock = clock
        self._haste = haste
        self._chance = random.SystemRandom().random

    async def binance(self) -> BinanceKlines:
        """Binance's public data."""
        client = await self._stack.enter_async_context(reads_client())
        return BinanceKlines(
            self._settings.instruments,
            hosts=self._settings.binance.hosts,
            client=client,
            clock=self._clock,
            patience=self._haste.patience,
            chance=self._chance,
        )

    async def prices(self) -> ClosedOnly:
        """Binance, whatever it gets wrong put right."""
        return ClosedOnly(await self.binance())

    async def mood(self) -> MarketContext:
        """Funding, Fear & Greed and dominance."""
        mood, binance = self._settings.mood, self._settings.binance
        client = await self._stack.enter_async_context(reads_client())
        patience = attrs.evolve(self._haste.patience, attempts=2)
        key = mood.coingecko_key
        return LiveMarketContext(
            FundingRates(
                self._settings.instruments,
                client=client,
                clock=self._clock,
                url=binance.futures,
                patience=patience,
            ),
            FearGreed(client=client, clock=self._clock, url=mood.fear_greed_url, patience=patience),
            Dominance(
                client=client,
                clock=self._clock,
                key=key.get_secret_value() if key else "",
                url=mood.coingecko_url,
                patience=patience,
            ),
        )

    async def news(self) -> NewsFeed | None:
        """CryptoPanic, if there is a token."""
        news = self._settings.news
        if news.token is None:
            return None
        access = Access(token=news.token.get_secret_value(), plan=news.plan, url=news.base_url)
        client = await self._stack.enter_async_context(cryptopanic_client(access))
        return CryptoPanicNews(
            self._settings.instruments,
            access,
            client=client,
            clock=self._clock,
            patience=self._haste.patience,
            chance=self._chance,
        )

    async def slack(self) -> SlackNotifier | None:
        """The webhook, if there is one."""
        webhook = self._settings.slack.webhook
        if webhook is None:
            return None
        client = await self._stack.enter_async_context(slack_client())
        return SlackNotifier(
            webhook.get_secret_value(),
            client=client,
            clock=self._clock,
            language=self._settings.general.language,
        )

    async def paper(self, folder: Path) -> PaperExchange:
        """Coincheck's public prices, money of no worth."""
        settings = self._settings
        client = await self._stack.enter_async_context(reads_client())
        reads = HttpReads(
            "Coincheck", client=client, clock=self._clock, patience=self._haste.patience
        )
        return PaperExchange(
            clock=self._clock,
            source=CoincheckPrices(reads, settings.coincheck.base_url, settings.instruments),
            journal=Journal(folder / "paper-account.jsonl"),
            instruments=settings.instruments,
            cash=Jpy(Decimal(settings.paper.cash_jpy)),
            terms=FillAssumptions(
                spread=_share(settings.paper.spread_pct),
                slippage=_share(settings.paper.slippage_pct),
            ),
        )

    async def real(self, folder: Path) -> CoincheckExchange:
        """The account that the key is of. Raises ConfigurationError without one."""
        coincheck = self._settings.coincheck
        if coincheck.key_id is None or coincheck.secret is None:
            raise ConfigurationError(
                "[coincheck] key_id and secret are needed to trade: make a key without the right "
                "to withdraw on coincheck.com and put both into the configuration or `.env`"
            )
        client = await self._stack.enter_async_context(coincheck_client(coincheck.base_url))
        return CoincheckExchange(
            client=client,
            credentials=Credentials(
                key_id=coincheck.key_id.get_secret_value(),
                secret=coincheck.secret.get_secret_value(),
            ),
            clock=self._clock,
            instruments=self._settings.instruments,
            nonces=SqliteNonces(folder / "nonces.sqlite"),
            timeouts=self._haste.timeouts,
            retries=Retries(),
            oldest_ticker_ms=self._haste.oldest_ticker_ms,
        )


def _share(per_cent: float) -> Decimal:
    return Decimal(repr(per_cent)) / 100
