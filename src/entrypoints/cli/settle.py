"""crypto-trader settle: a human's word about an order that evidence cannot settle."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from application.errors import InputError


@click.command("settle")
@click.argument("order")
@click.option("--log", "path", required=True, type=click.Path(path_type=Path), help="The log.")
@click.option("--adopt", metavar="ID", help="The exchange has it under this id.")
@click.option("--release", is_flag=True, help="The fill that was set aside is right.")
@click.option("--abandon", is_flag=True, help="Give it up; what it moved is yours to put right.")
@click.option("--because", required=True, metavar="TEXT", help="What you saw; it stays on the log.")
def command(
    order: str, path: Path, adopt: str | None, release: bool, abandon: bool, because: str
) -> int:
    """Settle an order that is in doubt or set aside, after looking at the exchange yourself.

    The pair trades again once the order has ended.

    \b
    Examples:
      crypto-trader settle 1631dc7b --log trader.sqlite --adopt 8173686428 --because "same amount"
      crypto-trader settle 1631dc7b --log trader.sqlite --abandon --because "not on the website"
    """
    from adapters.clock.system import SystemClock
    from adapters.event_store.sqlite import SqliteEventStore
    from adapters.read_models.sqlite import SqliteReadModels
    from adapters.sqlite_file import open_log
    from application.commit import Log
    from application.trading.settle_order import Ruling, settle_order

    asked = [adopt is not None, release, abandon]
    if sum(asked) != 1:
        raise InputError("give one of --adopt ID, --release and --abandon")
    ruling = (Ruling.ADOPT, Ruling.RELEASE, Ruling.ABANDON)[asked.index(True)]
    clock = SystemClock()
    file = open_log(path, create=False)
    try:
        log = Log(SqliteEventStore(file, clock), SqliteReadModels(file, clock), "settle")
        settled = settle_order(order, ruling, because, exchange_id=adopt, log=log, clock=clock)
        asyncio.run(settled)
    finally:
        file.close()
    click.echo(f"{order}: {ruling}")
    return 0
