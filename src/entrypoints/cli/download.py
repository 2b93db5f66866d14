"""crypto-trader download: public candles of any coin and year, for a backtest."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from application.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.market_data.binance_archive.download import Downloaded
    from adapters.market_data.binance_archive.month import Month, MonthOfCoin
    from application.ports.clock import Clock
    from domain.instruments import Instrument

ARCHIVE, REST = "https://data.binance.vision", "https://data-api.binance.vision"


def _month(ctx: click.Context, param: click.Parameter, given: str | None) -> Month | None:
    from adapters.market_data.binance_archive.month import Month

    del ctx, param
    if given is None:
        return None
    try:
        return Month.parse(given)
    except ValueError:
        raise click.BadParameter(f"{given!r} is no month: write 2025-01") from None


@click.command("download")
@click.option("--coins", default="", help="Such as ETH,BTC. Default: all six.")
@click.option("--from", "first", callback=_month, required=True, metavar="YYYY-MM")
@click.option("--to", "last", callback=_month, metavar="YYYY-MM", help="Default: this month.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("candles"), show_default=True)
@click.option("--check", is_flag=True, help="Fetch months again whose files were issued anew.")
@click.option("--archive-url", default=ARCHIVE, show_default=True)
@click.option("--rest-url", default=REST, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="What there is, by coin, on stdout.")
def command(**asked: Any) -> int:
    """Download Binance's 5-minute candles as Parquet, a file a coin and month.

    Months come from the public archive with their checksums, holes in them from the REST
    interface. What is there is not fetched again, so it can be stopped and started at will; a
    month that is not over is made anew each time. Times in UTC. No account is needed.

    \b
    Examples:
      crypto-trader download --from 2025-01 --to 2025-06
      crypto-trader download --coins BTC --from 2020-01 --out candles
      crypto-trader backtest --candles candles --usdjpy 150
    """
    from adapters.clock.system import SystemClock
    from adapters.market_data.binance_archive.month import Month, MonthOfCoin, months
    from domain.instant import iso
    from domain.instruments import DEFAULT

    names = [one.strip() for one in asked["coins"].split(",") if one.strip()]
    coins = list(DEFAULT.only(names) if names else DEFAULT)
    clock, out = SystemClock(), asked["out"]
    present = Month.parse(iso(clock.now())[:7])
    first, last = asked["first"], min(asked["last"] or present, present)
    if first > last:
        raise InputError(f"--from {first} is after {last}: there is nothing to download")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: {error.strerror or error}") from error
    wanted = [MonthOfCoin(out, coin, month) for coin in coins for month in months(first, last)]
    with _bars(coins, len(months(first, last))) as step:
        done = asyncio.run(_fetch(wanted, clock, step, asked))
    _tell(done, out, as_json=asked["as_json"])
    return 1 if done.failed else 0


async def _fetch(
    wanted: list[MonthOfCoin],
    clock: Clock,
    step: Callable[[Instrument], None],
    asked: dict[str, Any],
) -> Downloaded:
    from adapters.http_reads import reads_client
    from adapters.market_data.binance.hosts import Hosts
    from adapters.market_data.binance_archive.download import download
    from adapters.market_data.binance_archive.remote import Archive, archive_client

    async with archive_client() as to_archive, reads_client() as to_rest:
        return await download(
            wanted,
            archive=Archive(client=to_archive, clock=clock, url=asked["archive_url"]),
            hosts=Hosts([asked["rest_url"]], client=to_rest, clock=clock),
            now=clock.now(),
            check=asked["check"],
            step=step,
        )


@contextmanager
def _bars(coins: list[Instrument], count: int) -> Iterator[Callable[[Instrument], None]]:
    """A bar a coin on stderr, if somebody can see it; gives a function to be told of a step."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {coin.news: bar.add_task(coin.news, total=count) for coin in coins}

        def step(coin: Instrument) -> None:
            bar.advance(tasks[coin.news])

        yield step


def _tell(done: Downloaded, out: Path, *, as_json: bool) -> None:
    if as_json:
        coins = {coin: attrs.asdict(have) for coin, have in done.have.items()}
        print(json.dumps({"coins": coins, "failed": done.failed}))
    else:
        for coin, have in done.have.items():
            click.echo(
                f"{coin}: {have.months} months, {have.candles:,} candles, {have.filled:,} of them "
                f"from REST; {have.missing:,} missing"
            )
    for one in done.failed:
        click.echo(f"failed: {one}", err=True)
    backtest = f"crypto-trader backtest --candles {out}"
    click.echo(f"next: {'the same command again' if done.failed else backtest}", err=True)
