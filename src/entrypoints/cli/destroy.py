"""crypto-trader destroy: a stage taken away again."""

from __future__ import annotations

import click

from entrypoints.deploy.options import region_option, stage_option, yes_option


@click.command("destroy")
@stage_option
@region_option
@yes_option
def command(stage: str, region: str | None, *, is_agreed: bool) -> int:
    """Delete the stack of a stage; its tables and buckets with what was recorded stay.

    Says what stays and what goes, and asks for the stack's name. Coins that it holds stay at
    Coincheck.

    \b
    Examples:
      crypto-trader destroy --stage dev
      crypto-trader destroy --stage dev --yes
    """
    from adapters.clock.system import SystemClock
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.deploy.destroy_stack import destroy
    from entrypoints.deploy.terminal import Terminal, finished
    from entrypoints.stage import stage_of

    wanted, aws = stage_of(stage), Aws(region_of(region))
    return finished(destroy(wanted, aws, SystemClock(), Terminal(is_agreed=is_agreed)), wanted)
