"""crypto-trader deploy: the stack of a stage, made or changed."""

from __future__ import annotations

from pathlib import Path

import click

from entrypoints.deploy.cloud_assembly import FOLDER
from entrypoints.deploy.options import config_option, region_option, stage_option, yes_option


@click.command("deploy")
@stage_option
@region_option
@config_option
@click.option(
    "--template-folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    show_default=True,
    help="What `python infra/app.py` wrote.",
)
@click.option(
    "--parameter",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the stack that is no secret, such as MessageLanguage=en.",
)
@click.option("--endpoint-quota", type=click.IntRange(min=1), help="If yours is not 10.")
@click.option("--yes-replace", is_flag=True, help="Tables or buckets may be parted from the stack.")
@yes_option
def command(
    stage: str,
    region: str | None,
    path: Path | None,
    template_folder: Path,
    given: tuple[str, ...],
    endpoint_quota: int | None,
    *,
    yes_replace: bool,
    is_agreed: bool,
) -> int:
    """Deploy a stage to AWS: checks, what would change, your yes, waiting, first prices.

    Keys come from the configuration (CRYPTO_TRADER_SLACK__WEBHOOK, CRYPTO_TRADER_NEWS__TOKEN),
    never from the command line. A new stage is in dry run: it decides and sends no order, until
    `crypto-trader arm`. Doing it again changes nothing.

    \b
    Examples:
      python infra/app.py && crypto-trader deploy
      crypto-trader deploy --stage dev --yes
      crypto-trader deploy --parameter MessageLanguage=en
    """
    from adapters.clock.system import SystemClock
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.deploy.cloud_assembly import read_assembly
    from entrypoints.deploy.deploy_stack import Deployment, deploy
    from entrypoints.deploy.monthly_cost import cost_line
    from entrypoints.deploy.options import pairs_in
    from entrypoints.deploy.serverless_quota import QUOTA
    from entrypoints.deploy.terminal import Terminal, finished
    from entrypoints.stage import stage_of
    from entrypoints.wiring.settings import load_settings

    wanted = stage_of(stage)
    assembly = read_assembly(template_folder, wanted)
    asked = Deployment(
        stage=wanted,
        assembly=assembly,
        settings=load_settings(path),
        may_replace=yes_replace,
        quota=endpoint_quota or QUOTA,
        given=pairs_in(given),
        cost=lambda: cost_line(assembly.path),
    )
    aws = Aws(region_of(region))
    return finished(deploy(asked, aws, SystemClock(), Terminal(is_agreed=is_agreed)), wanted)
