"""crypto-trader disarm: a stage sends no order any more."""

from __future__ import annotations

import click

from entrypoints.deploy.options import region_option, stage_option


@click.command("disarm")
@stage_option
@region_option
def command(stage: str, region: str | None) -> int:
    """Stop a stage from sending orders, sells included; asks nothing.

    Coins that it holds stay at Coincheck without stop-loss.

    \b
    Examples:
      crypto-trader disarm
    """
    from adapters.clock.system import SystemClock
    from entrypoints.deploy.arm_stack import disarm
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.deploy.terminal import Terminal, finished
    from entrypoints.stage import stage_of

    wanted, aws = stage_of(stage), Aws(region_of(region))
    return finished(disarm(wanted, aws, SystemClock(), Terminal()), wanted)
