"""crypto-trader logs: what the functions of a stage wrote."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from entrypoints.deploy.options import json_option, region_option, stage_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from application.ports.clock import Clock
    from entrypoints.deploy.log_lines import Line, Tail


@click.command("logs")
@stage_option
@region_option
@click.option("--function", "name", metavar="NAME", help="One function. Default: all.")
@click.option("--since", default="1h", show_default=True, help="Such as 15m, 1h, 2d.")
@click.option("--errors", is_flag=True, help="Only what a human is told of.")
@click.option("--platform", is_flag=True, help="Lambda's own lines too (START, REPORT ...).")
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@json_option
def command(
    stage: str,
    region: str | None,
    name: str | None,
    since: str,
    *,
    errors: bool,
    platform: bool,
    follow: bool,
    as_json: bool,
) -> int:
    """Lines of all functions of a stage, merged by time (UTC).

    \b
    Examples:
      crypto-trader logs --since 15m
      crypto-trader logs --function order-executor --since 2d --errors
      crypto-trader logs --follow
    """
    from adapters.clock.system import SystemClock
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.deploy.log_lines import Tail, Wanted, functions_of, span_of
    from entrypoints.stage import stage_of

    clock = SystemClock()
    wanted = Wanted(functions=functions_of(name), errors_only=errors, platform=platform)
    begin = clock.now() - span_of(since)
    tail = Tail(Aws(region_of(region)), stage_of(stage), wanted, begin)
    _print(tail.news(), as_json=as_json)
    if follow:
        with suppress(KeyboardInterrupt):
            asyncio.run(_go_on(tail, clock, as_json=as_json))
    return 0


async def _go_on(tail: Tail, clock: Clock, *, as_json: bool) -> None:
    while True:
        _print(await tail.again(clock), as_json=as_json)


def _print(lines: Iterable[Line], *, as_json: bool) -> None:
    for one in lines:
        if as_json:
            found = {"at": one.at, "function": one.function, "line": one.text}
            print(json.dumps(found, ensure_ascii=False), flush=True)
        else:
            print(one.shown(), flush=True)
