"""Reads both exchanges' public side: times, listings, quotes and books of every coin."""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from functools import partial
from typing import TypeVar

import attrs
import httpx

from adapters.exchange.coincheck.market_checks import Market, MarketReads
from adapters.http_reads import HttpReads
from application.errors import ConfigurationError, OutsideError
from application.ports.clock import Clock
from domain.instruments import Instrument
from entrypoints.doctor.binance_reads import BinanceReads
from entrypoints.doctor.findings import Finding, error, well
from entrypoints.doctor.judge_coins import CoinFacts, judge_coin, judge_number
from entrypoints.doctor.judge_machine import Skew
from entrypoints.doctor.look_at_feeds import PATIENCE
from entrypoints.wiring.settings import Settings

BINANCE, COINCHECK = "Binance", "Coincheck"
AT_ONCE = 4
"""Calls of Coincheck that are under way at a time; how many it allows is not documented."""
CACHED_S = 15.0
"""How old a ticker's time may be on a good day."""
Value = TypeVar("Value")


@attrs.define(slots=True, weakref_slot=False)
class Markets:
    """What was read, and why some of it was not."""

    skews: list[Skew] = attrs.Factory(list)
    facts: list[CoinFacts] = attrs.Factory(list)
    times: dict[str, int] = attrs.Factory(dict)
    """Of tickers (ms), by the exchange's pair."""
    took_s: list[float] = attrs.Factory(list)
    read_at: int = 0
    failures: dict[str, list[str]] = attrs.field(factory=lambda: {BINANCE: [], COINCHECK: []})

    def services(self) -> list[Finding]:
        """Whether each of them answered everything."""
        return [
            error(
                service,
                texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""),
                f"run doctor again when {service} answers; if it never does, see the addresses in "
                f"[{service.lower()}] and this machine's connection",
            )
            if texts
            else well(service, "everything that was asked was answered")
            for service, texts in self.failures.items()
        ]

    def coins(self, fees: dict[str, Decimal], largest_jpy: Decimal) -> list[Finding]:
        """Each coin against the criteria, and how many they are."""
        off = min(self.skews, key=lambda one: one.doubt_s).seconds if self.skews else 0.0
        judged = []
        for one in self.facts:
            pair = one.instrument.coincheck
            at = self.times.get(pair)
            # an age by the exchange's time: our own clock is judged elsewhere
            age = None if at is None else (self.read_at - at) / 1000 - off
            whole = attrs.evolve(one, fee=fees.get(pair), ticker_age_s=age)
            judged += judge_coin(whole, largest_jpy)
        mean_s = sum(self.took_s) / len(self.took_s) if self.took_s else 0.0
        return [*judged, judge_number(len(self.facts), mean_s)]


async def look_at_markets(settings: Settings, client: httpx.AsyncClient, clock: Clock) -> Markets:
    """All at once, what fails noted by service."""
    look = _Look(settings, client, clock)
    await asyncio.gather(look.binance_time(), look.all_coins())
    look.coincheck_time()
    return look.found


class _Look:
    """The reads of one examination."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient, clock: Clock) -> None:
        made = partial(HttpReads, client=client, clock=clock, patience=PATIENCE)
        self._binance = BinanceReads(made, settings.binance.hosts)
        self._coincheck = MarketReads(made(COINCHECK), settings.coincheck.base_url)
        self._instruments = settings.instruments
        self._clock = clock
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.found = Markets()

    async def binance_time(self) -> None:
        """Half of the way there and back is the doubt."""
        before = self._clock.now()
        at = await self._had(BINANCE, self._binance.time())
        after = self._clock.now()
        if at is not None:
            mean = (before + after) / 2
            self.found.skews.append(Skew(BINANCE, (mean - at) / 1000, (after - before) / 2000))

    def coincheck_time(self) -> None:
        """The newest of its tickers, which may be some seconds old."""
        found = self.found
        found.read_at = self._clock.now()
        if found.times:
            off = (found.read_at - max(found.times.values())) / 1000
            found.skews.append(Skew(COINCHECK, off, CACHED_S))

    async def all_coins(self) -> None:
        """Which are listed first, then each of them."""
        markets = await self._had(COINCHECK, self._coincheck.markets())
        self.found.facts += await asyncio.gather(
            *(self._coin(one, markets) for one in self._instruments)
        )

    async def _coin(self, one: Instrument, markets: dict[str, Market] | None) -> CoinFacts:
        facts = CoinFacts(
            instrument=one, binance=await self._had(BINANCE, self._binance.status(one.binance))
        )
        if markets is not None:
            market = markets.get(one.coincheck)
            facts = attrs.evolve(facts, is_listed=market is not None, market=market)
            if market is None:
                return facts  # its quotes would be a page of HTML
        async with self._turn:
            before = self._clock.now()
            ticker = await self._had(COINCHECK, self._coincheck.ticker(one.coincheck))
            if ticker is not None:
                self.found.took_s.append((self._clock.now() - before) / 1000)
                self.found.times[one.coincheck] = ticker.timestamp
            book = await self._had(COINCHECK, self._coincheck.book(one.coincheck))
        return attrs.evolve(facts, book=book)

    async def _had(self, service: str, read: Awaitable[Value]) -> Value | None:
        try:
            return await read
        except (OutsideError, ConfigurationError, ArithmeticError) as failure:
            # a number that Decimal cannot hold is an ArithmeticError
            self.found.failures[service].append(str(failure) or "an unreadable number")
            return None
