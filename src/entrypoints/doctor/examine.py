"""The whole examination of a configuration, its machine and all services; nothing is changed."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from adapters.clock.system import SystemClock
from adapters.exchange.coincheck.calls import coincheck_client
from adapters.exchange.coincheck.nonces import InMemoryNonces, SqliteNonces
from adapters.exchange.coincheck.signing import Credentials
from adapters.http_reads import HttpReads, reads_client
from application.errors import ConfigurationError
from entrypoints.doctor import account, coins, feeds, machine
from entrypoints.doctor.findings import Finding, Report, error, ok, warning
from entrypoints.wiring.at_home import Haste, Wires
from entrypoints.wiring.settings import CONFIRMATION

if TYPE_CHECKING:
    from application.ports.clock import Clock
    from domain.instruments import Instruments
    from entrypoints.wiring.settings import Settings


async def examine(
    settings: Settings, *, clock: Clock | None = None, haste: Haste | None = None
) -> Report:
    """Look at everything. A check that cannot be made is a finding, too."""
    clock, haste = clock or SystemClock(), haste or Haste()
    folder, instruments = settings.general.folder, settings.instruments
    found: list[Finding] = [machine.program(), machine.disk(folder)]
    found += await machine.logs(folder, instruments)
    async with AsyncExitStack() as stack:
        wires = Wires(settings, stack, clock, haste)
        binance = await wires.binance()
        found.append(await feeds.time_of(binance, clock, haste.speed))
        found.append(coins.how_many(instruments))
        found += await coins.of_binance(binance, instruments)
        client = await stack.enter_async_context(reads_client())
        reads = HttpReads("Coincheck", client=client, clock=clock, patience=haste.patience)
        of_coincheck, listed = await coins.of_coincheck(
            reads, settings.coincheck.base_url, instruments, settings.parameters
        )
        found += of_coincheck
        found += await _key(settings, listed, stack, clock, haste)
        found += await feeds.mood(await wires.mood(), clock.now())
        found.append(await _news(wires, clock))
    found.append(_confirmed(settings))
    return Report(tuple(found))


async def _key(
    settings: Settings,
    listed: Instruments,
    stack: AsyncExitStack,
    clock: Clock,
    haste: Haste,
) -> list[Finding]:
    given, folder = settings.coincheck, settings.general.folder
    if given.key_id is None or given.secret is None:
        return [
            warning(
                "key",
                "no [coincheck] key_id and secret: paper trading alone",
                "for real orders make a key that may trade and look, and nothing else",
            )
        ]
    key_id = given.key_id.get_secret_value()
    numbers = machine.nonces(folder, key_id, clock.now())
    try:
        credentials = Credentials(key_id=key_id, secret=given.secret.get_secret_value())
        # the marks are kept with the trader's: a number that is used here is used up
        marks = SqliteNonces(folder / "nonces.sqlite") if folder.is_dir() else InMemoryNonces()
        client = await stack.enter_async_context(coincheck_client(given.base_url))
    except ConfigurationError as failure:
        return [error("key", str(failure), "as it says")]
    found = await account.key(
        client=client,
        credentials=credentials,
        nonces=marks,
        clock=clock,
        timeouts=haste.timeouts,
        instruments=listed,
        parameters=settings.parameters,
    )
    return [numbers, *found]


async def _news(wires: Wires, clock: Clock) -> Finding:
    try:
        feed = await wires.news()
    except ConfigurationError as failure:
        return error("news", str(failure), "check [news] token and plan, or remove the token")
    return await feeds.news(feed, clock.now())


def _confirmed(settings: Settings) -> Finding:
    if settings.live.confirm == CONFIRMATION:
        return ok("live", "confirmed: `crypto-trader live --live` trades with real money")
    return ok("live", "not confirmed in [live]: real money is safe from this configuration")
