"""crypto-trader events: what is on a log."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from domain import instant
from domain.events import EVENT_TYPES, Recorded
from entrypoints.cli.moment import Moment

NAMES = tuple(sorted(one.__name__ for one in EVENT_TYPES))


@click.command("events")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--type", "kinds", multiple=True, type=click.Choice(NAMES), metavar="NAME")
@click.option("--stream", help="Only streams that begin with this: order/, analysis/2025.")
@click.option("--from", "start", type=Moment(), help="Not before.")
@click.option("--to", "end", type=Moment(), help="Before.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many.")
@click.option("--follow", is_flag=True, help="Then wait for more, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    path: Path,
    kinds: tuple[str, ...],
    stream: str | None,
    start: int | None,
    end: int | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> int:
    """List the events of a log, oldest first. FILE may be aws:STAGE, a deployed stage.

    \b
    Examples:
      crypto-trader events build/e.sqlite --type OrderRequested
      crypto-trader events build/e.sqlite --json | head
      crypto-trader events trader/trader.sqlite --follow --type OrderFilled
      crypto-trader events aws:prod --from 2026-11-01 --type OrderFilled
    """
    asked = _list(path, frozenset(kinds), stream or "", start, end, limit, follow, as_json)
    asyncio.run(asked)
    return 0


async def _list(
    path: Path,
    kinds: frozenset[str],
    stream: str,
    start: int | None,
    end: int | None,
    limit: int | None,
    follow: bool,
    as_json: bool,
) -> None:
    from adapters.wire_format.encode import encode_events
    from entrypoints.wiring.log_file import reading

    shown = 0
    with reading(path) as store:
        async for position, commit in (
            store.follow() if follow else store.read_all(store.place_of(start or 0))
        ):
            if not commit.stream.startswith(stream) or (start is not None and commit.at < start):
                continue
            if end is not None and commit.at >= end:
                continue
            for recorded in commit.recorded():
                if kinds and type(recorded.event).__name__ not in kinds:
                    continue
                if as_json:
                    (event,) = json.loads(encode_events((recorded.event,)))
                    click.echo(json.dumps(_envelope(recorded, position) | event))
                else:
                    click.echo(f"{instant.iso(commit.at)}  {recorded.id:44}  {recorded.event}")
                shown += 1
                if shown == limit:
                    return


def _envelope(recorded: Recorded, position: int) -> dict[str, object]:
    commit = recorded.commit
    return {
        "position": position,
        "id": recorded.id,
        "stream": commit.stream,
        "version": recorded.version,
        "at": instant.iso(commit.at),
        "correlation": commit.correlation,
        "causation": commit.causation,
        "writer": commit.writer,
    }
