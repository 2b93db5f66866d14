"""crypto-trader status: how a deployed stage does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click

from entrypoints.deploy.options import json_option, region_option, stage_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from application.ports.read_models import ReadModels


@click.command("status")
@stage_option
@region_option
@json_option
def command(stage: str, region: str | None, *, as_json: bool) -> int:
    """Stack, orders, schedules, alarms, prices, positions, queues and forecast of a stage.

    What needs somebody begins with an exclamation mark. Nothing is changed.

    \b
    Examples:
      crypto-trader status
      crypto-trader status --stage dev --json
    """
    from adapters.clock.system import SystemClock
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.deploy.stack_state import deployed_stack
    from entrypoints.deploy.stage_status import stage_status
    from entrypoints.deploy.status_page import lines_of
    from entrypoints.stage import stage_of
    from entrypoints.wiring.pairs import VARIABLE, instruments_of

    wanted, aws = stage_of(stage), Aws(region_of(region))

    clock = SystemClock()

    def tables(told: Mapping[str, str]) -> tuple[ReadModels, Sequence[str]]:
        from adapters.read_models.dynamodb import DynamoReadModels

        models = DynamoReadModels(aws.client("dynamodb"), wanted.prefix, clock)
        return models, instruments_of(told.get(VARIABLE, "")).pairs

    stack = deployed_stack(aws, wanted)
    found = asyncio.run(stage_status(aws, wanted, stack, clock, tables))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for line in lines_of(found):
            click.echo(line)
    return 0
