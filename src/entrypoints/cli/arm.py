"""crypto-trader arm: a stage may trade with real money."""

from __future__ import annotations

from pathlib import Path

import click

from entrypoints.deploy.options import config_option, region_option, stage_option, yes_option


@click.command("arm")
@stage_option
@region_option
@config_option
@yes_option
def command(stage: str, region: str | None, path: Path | None, *, is_agreed: bool) -> int:
    """Let a deployed stage trade with real money.

    Needs `confirm` in [live] of the configuration, and the Coincheck key in Secrets Manager.
    Says what it may spend, and asks. `crypto-trader disarm` takes it back.

    \b
    Examples:
      crypto-trader arm
      crypto-trader arm --stage dev
    """
    from adapters.clock.system import SystemClock
    from entrypoints.deploy.arm_stack import arm
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.deploy.terminal import Terminal, finished
    from entrypoints.stage import stage_of
    from entrypoints.wiring.settings import load_settings

    wanted, settings, aws = stage_of(stage), load_settings(path), Aws(region_of(region))
    return finished(
        arm(wanted, settings, aws, SystemClock(), Terminal(is_agreed=is_agreed)), wanted
    )
