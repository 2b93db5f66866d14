"""crypto-trader tune: how often the tuner is fooled, and how often it finds what is there."""

from __future__ import annotations

import json
import os
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from application.errors import InputError


@click.command("tune")
@click.option("--null", "is_null", is_flag=True, help="Worlds in which there is nothing to find.")
@click.option("--planted", is_flag=True, help="Worlds with something to find.")
@click.option("--worlds", type=click.IntRange(1), default=100, show_default=True)
@click.option("--days", type=click.IntRange(28, 365), default=91, show_default=True)
@click.option(
    "--edge",
    type=click.FloatRange(0.1, 20),
    default=2.5,
    show_default=True,
    metavar="PCT",
    help="Planted: what buying just over the threshold loses, in %.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first.")
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core if not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(**options: Any) -> int:
    """Show the tuner worlds whose truth is known, and count what it changes.

    --null: random walks. It should change something in at most 5 % of them.
    --planted: a loss is hidden just over the buy threshold. Its power is how often it raises it.

    What the tuner did to your own log: `crypto-trader improvements`.

    \b
    Examples:
      crypto-trader tune --null --worlds 1000
      crypto-trader tune --planted --worlds 200 --edge 2
    """
    if options["is_null"] == options["planted"]:
        raise InputError("give one of --null and --planted")
    from entrypoints.tuning.trials import run_worlds, summary

    count, days = options["worlds"], options["days"]
    loss = options["edge"] / 100 if options["planted"] else None
    console = Console(stderr=True)
    is_hidden = not console.is_terminal
    bar = iter(track(range(count), "worlds", console=console, transient=True, disable=is_hidden))
    outcomes = run_worlds(
        range(options["seed"], options["seed"] + count),
        days=days,
        loss=loss,
        workers=options["workers"] or os.cpu_count() or 1,
        done=lambda: next(bar, None),
    )
    told = summary(outcomes, days=days, loss=loss)
    if options["as_json"]:
        print(json.dumps(told))
    else:
        _show(told)
    return 0


def _show(told: dict[str, Any]) -> None:
    console = Console(highlight=False)
    between = f"(95 %: {told['low']:.1%} to {told['high']:.1%})"
    worlds = f"{told['worlds']:,} worlds of {told['days']} days"
    if "found" in told:
        console.print(
            f"{worlds}, {told['loss_pct']:g} % lost by buying just over the threshold: found in "
            f"{told['found']:,}, a power of {told['power']:.1%} {between}"
        )
    else:
        console.print(
            f"{worlds} with nothing to find: something was changed in {told['changed']:,}, "
            f"{told['rate']:.1%} {between}; at most 5 % is the promise"
        )
    for change, count in told["changes"].items():
        console.print(f"  {count:>5,}  {change}")
