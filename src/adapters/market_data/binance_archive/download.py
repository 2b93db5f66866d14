"""All coins and months of a run, the coins beside each other, the months of a coin in order."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs
import httpx

from adapters.http_reads import Patience
from adapters.market_data.binance_archive import file_server, klines
from adapters.market_data.binance_archive.downloads import Downloads
from adapters.market_data.binance_archive.file_server import FileServer
from adapters.market_data.binance_archive.folder import filling
from adapters.market_data.binance_archive.klines import Klines
from adapters.market_data.binance_archive.month_update import MonthResult, MonthUpdate
from adapters.market_data.binance_archive.months import Month
from application.errors import Broken, OutsideError
from application.ports.clock import Clock
from domain.instant import SECOND, tick_of
from domain.instruments import Instrument

SETTLED: Final = 5 * SECOND
"""A candle that closed a moment ago may still change or be missing."""
Told = Callable[[Instrument, MonthResult], None]
"""Is told of each month that a run has done with."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Sources:
    """Where archives and single candles are, and how patiently they are asked."""

    archive_url: str = file_server.URL
    rest_url: str = klines.URL
    archive_patience: Patience = file_server.DOWNLOADS
    rest_patience: Patience | None = None


@attrs.define(slots=True, weakref_slot=False)
class CoinResult:
    """A coin after a run: its months, the bytes of its archives, and what stopped it, if so."""

    coin: Instrument
    months: list[MonthResult] = attrs.field(factory=list)
    received: int = 0
    failures: list[str] = attrs.field(factory=list)


async def download(
    coins: Sequence[Instrument],
    months: Sequence[Month],
    folder: Path,
    *,
    client: httpx.AsyncClient,
    clock: Clock,
    sources: Sources | None = None,
    told: Told = lambda _coin, _month: None,
) -> list[CoinResult]:
    """Bring the months of the coins in a folder up to date, as far as it can be done.

    What an earlier run has put there is not fetched again. A coin that fails does not stop the
    others. Raises ConfigurationError (an address, the folder, a file in the way).
    """
    at = sources or Sources()
    server = FileServer(
        client=client, clock=clock, url=at.archive_url, patience=at.archive_patience
    )
    rest = Klines(client=client, clock=clock, url=at.rest_url, patience=at.rest_patience)
    results = [CoinResult(one) for one in coins]
    with filling(folder) as parts:
        until = await _closed(months, rest, clock)
        try:
            async with asyncio.TaskGroup() as group:
                for result in results:
                    downloads = Downloads(server, parts)
                    update = MonthUpdate(
                        result.coin.binance,
                        downloads=downloads,
                        klines=rest,
                        folder=folder,
                        parts=parts,
                        until=until,
                    )
                    group.create_task(_coin(result, months, update, downloads, told))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
    return results


async def _closed(months: Sequence[Month], rest: Klines, clock: Clock) -> int:
    """Candles opened before this moment (ms) have closed, by this clock and Binance's."""
    now = clock.now()
    if max(months).end > now - SETTLED:
        # without an answer it will not give candles either, and archives hold closed ones only
        with suppress(OutsideError):
            now = min(now, await rest.now())
    return tick_of(now - SETTLED)


async def _coin(
    result: CoinResult,
    months: Sequence[Month],
    update: MonthUpdate,
    downloads: Downloads,
    told: Told,
) -> None:
    for month in months:
        try:
            done = await update.bring(month)
        except OutsideError as failure:
            result.failures.append(f"{month}: {failure}")
            if not isinstance(failure, Broken):
                break  # the next month would end in the same way
            continue
        finally:
            result.received = downloads.received
        result.months.append(done)
        if done.failure is not None:
            result.failures.append(
                f"{month}: {done.not_asked:,} missing candles not asked for: {done.failure}"
            )
        told(result.coin, done)
