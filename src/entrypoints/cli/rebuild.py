"""crypto-trader rebuild: the read models from the log."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


@click.command("rebuild")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(path: Path, as_json: bool) -> int:
    """Drop every read model of a log and fold it again from the events.

    FILE may be aws:STAGE, a deployed stage: stop its schedules first.

    \b
    Examples:
      crypto-trader rebuild build/e.sqlite
      crypto-trader rebuild aws:prod
    """
    from entrypoints.wiring.log_file import stage_of

    stage = stage_of(path)
    counts = _of_file(path) if stage is None else _of_stage(stage)
    if as_json:
        print(json.dumps(counts))
        return 0
    for name, count in counts.items():
        click.echo(f"{count:10,}  {name}")
    return 0


def _of_file(path: Path) -> Mapping[str, int]:
    from adapters.clock.system import SystemClock
    from adapters.event_store.sqlite import SqliteEventStore
    from adapters.read_models.sqlite import SqliteReadModels
    from adapters.sqlite_file import open_log
    from application.upkeep.rebuild_read_models import rebuild_read_models

    clock = SystemClock()
    file = open_log(path, create=False)
    try:
        store, tables = SqliteEventStore(file, clock), SqliteReadModels(file, clock)
        return asyncio.run(rebuild_read_models(store=store, tables=tables))
    finally:
        file.close()


def _of_stage(stage: str) -> Mapping[str, int]:
    from adapters.clock.system import SystemClock
    from application.upkeep.rebuild_read_models import rebuild_read_models
    from entrypoints.wiring.cloud.stage_log import stage_log, stage_tables

    clock = SystemClock()
    tables = stage_tables(stage, clock)
    return asyncio.run(rebuild_read_models(store=stage_log(stage, clock)[0], tables=tables))
