"""crypto-trader download: Binance's public candles into files that a backtest reads."""

from __future__ import annotations

import asyncio
import json
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.errors import InputError
from domain.instant import iso
from domain.instruments import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adapters.market_data.binance_archive.download import CoinResult
    from adapters.market_data.binance_archive.month_update import MonthResult
    from adapters.market_data.binance_archive.months import Month
    from domain.instruments import Instrument, Instruments

FAILED = 1
INTERRUPTED = 130
YEAR = 12


class MonthName(click.ParamType):
    """A calendar month such as 2025-01."""

    name = "month"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The month of a text."""
        from adapters.market_data.binance_archive.months import Month

        if isinstance(value, Month):
            return value
        try:
            return Month.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(
    "download",
    epilog="The candles are Binance's; nothing is sent there but the names of coins and months.",
)
@click.option("--coins", metavar="ETH,BTC,...", help="All six if not given.")
@click.option("--from", "first", type=MonthName(), help="First month; if not given, a year back.")
@click.option("--to", "last", type=MonthName(), help="Last month, included; if not given, this.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="candles",
    show_default=True,
    help="Folder for the files.",
)
@click.option("--archive-url", metavar="URL", help="Another address of the archives.")
@click.option("--rest-url", metavar="URL", help="Another address of the REST interface.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(**options: Any) -> int:
    """Fetch Binance's 5-minute candles into one Parquet file per coin and month.

    Archives are held against their published checksums; candles that they lack come from the REST
    interface, and what that does not have either stays a gap and is said. Stop it at any moment
    and run the same command again: only what is missing is fetched, and an archive that was
    issued anew since. Exit status 1 when something could not be had.

    \b
    Examples:
      crypto-trader download
      crypto-trader download --coins ETH,BTC --from 2025-01 --to 2025-06
      crypto-trader download --from 2024-01 --to 2024-12 --out klines --json
      crypto-trader backtest --candles candles --usdjpy 150
    """
    from adapters.clock.system import SystemClock
    from adapters.market_data.binance_archive.months import Month

    this = Month.of(SystemClock().now())
    months = _months(options["first"], options["last"], this)
    coins = _coins(options["coins"])
    folder: Path = options["out"]
    done: list[str] = []
    try:
        with _progress(coins, len(months), done) as told:
            results = asyncio.run(_download(coins, months, options, told))
    except KeyboardInterrupt:
        kept = f"{len(done)} of {len(months) * len(list(coins))} months are done and kept"
        click.echo(f"crypto-trader: interrupted: {kept}; run the same command to go on", err=True)
        return INTERRUPTED
    if options["as_json"]:
        print(json.dumps(_json(results, months, folder), allow_nan=False))
    else:
        _show(results)
    return _conclude(results, folder)


def _months(first: Month | None, last: Month | None, this: Month) -> tuple[Month, ...]:
    from adapters.market_data.binance_archive.months import months_from

    last = last or (max(first, this) if first else this)
    first = first or last.plus(-YEAR)
    if first > last:
        raise click.UsageError(f"--from {first} comes after --to {last}: swap them")
    if last > this:
        raise click.UsageError(f"{last} is yet to come: the last month there is is {this}")
    return months_from(first, last)


def _coins(names: str | None) -> Instruments:
    if names is None:
        return DEFAULT
    wanted = [one for one in names.split(",") if one.strip()]
    if not wanted:
        raise InputError("--coins names no coin: write --coins ETH,BTC")
    return DEFAULT.only(wanted)


async def _download(
    coins: Instruments,
    months: Sequence[Month],
    options: dict[str, Any],
    told: Callable[[Instrument, MonthResult], None],
) -> list[CoinResult]:
    from adapters.clock.system import SystemClock
    from adapters.http_reads import reads_client
    from adapters.market_data.binance_archive.download import Sources, download

    given = {name: options[name] for name in ("archive_url", "rest_url") if options[name]}
    async with reads_client() as client:
        return await download(
            coins.all,
            months,
            options["out"],
            client=client,
            clock=SystemClock(),
            sources=Sources(**given),
            told=told,
        )


@contextmanager
def _progress(
    coins: Instruments, months: int, done: list[str]
) -> Iterator[Callable[[Instrument, MonthResult], None]]:
    """A bar for each coin; a line for each month where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description:5}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("months  {task.fields[month]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bars:
        tasks = {one.pair: bars.add_task(one.news, total=months, month="") for one in coins}

        def told(coin: Instrument, month: MonthResult) -> None:
            done.append(coin.pair)
            bars.update(tasks[coin.pair], advance=1, month=str(month.month))
            if not console.is_terminal:
                what = "fetched" if month.is_changed else "as it was"
                click.echo(
                    f"{coin.news} {month.month}: {month.candles:,} candles, {what}", err=True
                )

        yield told


def _json(results: Sequence[CoinResult], months: Sequence[Month], folder: Path) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "from": str(months[0]),
        "to": str(months[-1]),
        "coins": {one.coin.news: _coin_json(one) for one in results},
    }


def _coin_json(result: CoinResult) -> dict[str, Any]:
    gaps = [gap for month in result.months for gap in month.gaps]
    return {
        "symbol": result.coin.binance,
        "months": sum(1 for one in result.months if one.candles),
        "candles": sum(one.candles for one in result.months),
        "filled": sum(one.filled for one in result.months),
        "gaps": [{"from": iso(first), "candles": count} for first, count in gaps],
        "missing": sum(count for _, count in gaps),
        "not_asked": sum(one.not_asked for one in result.months),
        "bytes": result.received,
        "notes": [said for month in result.months for said in month.said],
        "failures": result.failures,
    }


def _show(results: Sequence[CoinResult]) -> None:
    click.echo("coin  months   candles  from REST  gaps (candles)   fetched")
    for one in results:
        told = _coin_json(one)
        gaps = f"{len(told['gaps'])} ({told['missing']:,})"
        click.echo(
            f"{one.coin.news:5} {told['months']:6} {told['candles']:9,} {told['filled']:10,} "
            f"{gaps:>15} {told['bytes'] / 1e6:6.1f} MB"
        )


def _conclude(results: Sequence[CoinResult], folder: Path) -> int:
    """Notes, what to do next and what failed, on stderr; the exit status."""
    for one in results:
        for month in one.months:
            for said in month.said:
                click.echo(f"note: {said}", err=True)
    if any(month.candles for one in results for month in one.months):
        words = shlex.join(["crypto-trader", "backtest", "--candles", str(folder)])
        click.echo(f"next: {words} --usdjpy 150", err=True)
    failed = [one for one in results if one.failures]
    if failed:
        first = failed[0]
        click.echo(
            f"crypto-trader: not complete: {', '.join(one.coin.news for one in failed)} "
            f"({first.coin.news} {first.failures[0]}): what is there is kept; "
            "run the same command again",
            err=True,
        )
        return FAILED
    if not any(month.candles for one in results for month in one.months):
        click.echo("crypto-trader: Binance has no candles of these months", err=True)
        return FAILED
    return 0
