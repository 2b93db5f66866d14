"""crypto-trader cost: what a month on AWS costs, from the synthesized template."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from entrypoints.cost.known_durations import Durations

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("cost")
@click.option("--template", type=EXISTING, help="Default: the one in build/cdk.out.")
@click.option("--durations", type=EXISTING, help="Measured ones, TOML or JSON; else assumed.")
@click.option(
    "--aws",
    "measured",
    is_flag=False,
    flag_value="prod",
    metavar="[STAGE]",
    help="Durations of a deployed stage, from CloudWatch.",
)
@click.option("--prices", type=EXISTING, help="Another price table. Default: Tokyo's.")
@click.option(
    "--analyses",
    type=click.IntRange(1, 288),
    default=288,
    show_default=True,
    help="A day; as many as there are candles is the worst case.",
)
@click.option("--coins", type=click.IntRange(1, 100), help="As if so many were traded.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="USD a month for AWS alone.",
)
@click.option("--without-free-tier", "full", is_flag=True, help="Judge the bill without it.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object on stdout.")
def command(
    template: Path | None,
    durations: Path | None,
    measured: str | None,
    prices: Path | None,
    analyses: int,
    coins: int | None,
    budget: float,
    full: bool,
    as_object: bool,
) -> int:
    """Estimate a month on AWS: by service, with and without the free tier, and what if.

    Nothing is asked of AWS but with --aws: what runs is read from the template, how long it runs
    from a file, what that costs from a table of prices. Exit status 1 above the budget, or when
    the template holds something without a price.

    \b
    Examples:
      crypto-trader cost
      crypto-trader cost --template build/cdk.out/eth-trading.template.json --json
      crypto-trader cost --durations measured.json --analyses 96 --without-free-tier
      crypto-trader cost --coins 12
      crypto-trader cost --aws
    """
    from entrypoints.cost.as_json import as_json
    from entrypoints.cost.assumptions import load_assumptions
    from entrypoints.cost.cautions import is_within
    from entrypoints.cost.estimate import Basis, estimate
    from entrypoints.cost.known_durations import load_durations
    from entrypoints.cost.price_table import load_prices
    from entrypoints.cost.read_template import find_template, read_template
    from entrypoints.cost.workload import Scenario

    stack = read_template(template or find_template())
    names = [one.name for one in stack.functions]
    known = load_durations(durations, names)
    basis = Basis(
        stack=stack,
        prices=load_prices(prices),
        durations=known if measured is None else _measured(known, names, measured),
        assumed=load_assumptions(),
    )
    found = estimate(basis, Scenario(analyses_a_day=analyses, coins=coins))
    if as_object:
        print(json.dumps(as_json(found, budget, free_tier=not full), indent=1, ensure_ascii=False))
    else:
        from rich.console import Console

        from entrypoints.cost.terminal import show

        show(found, budget, Console(file=sys.stdout, highlight=False), free_tier=not full)
    return 0 if is_within(found, budget, free_tier=not full) else 1


def _measured(known: Durations, names: Sequence[str], stage: str) -> Durations:
    from adapters.clock.system import SystemClock
    from entrypoints.cost.cloudwatch_durations import cloudwatch_durations
    from entrypoints.deploy.clients import Aws, region_of
    from entrypoints.stage import stage_of

    return cloudwatch_durations(
        known, names, aws=Aws(region_of(None)), stage=stage_of(stage), now=SystemClock().now()
    )
