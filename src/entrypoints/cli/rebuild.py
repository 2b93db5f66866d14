"""crypto-trader rebuild: the read models from the log."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click


@click.command("rebuild")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(path: Path, as_json: bool) -> int:
    """Drop every read model of a log and fold it again from the events.

    \b
    Example:
      crypto-trader rebuild build/e.sqlite
    """
    from adapters.clock.system import SystemClock
    from adapters.event_store.sqlite import SqliteEventStore
    from adapters.read_models.sqlite import SqliteReadModels
    from adapters.sqlite_file import open_log
    from application.upkeep.rebuild_read_models import rebuild_read_models

    clock = SystemClock()
    file = open_log(path, create=False)
    try:
        store, tables = SqliteEventStore(file, clock), SqliteReadModels(file, clock)
        counts = asyncio.run(rebuild_read_models(store=store, tables=tables))
    finally:
        file.close()
    if as_json:
        print(json.dumps(counts))
        return 0
    for name, count in counts.items():
        click.echo(f"{count:10,}  {name}")
    return 0
