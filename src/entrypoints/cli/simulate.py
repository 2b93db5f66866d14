"""crypto-trader simulate: a synthetic market through the same system, from one number."""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD

if TYPE_CHECKING:
    from entrypoints.backtest.finished import FinishedRun


@click.command("simulate")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@click.option("--days", type=click.FloatRange(0.1, 3660), default=7.0, show_default=True)
@click.option("--pairs", help="Coins, comma-separated: BTC,ETH. All six if not given.")
@click.option("--cash", type=click.IntRange(1), default=100_000, show_default=True, help="JPY.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A strategy parameter."
)
@click.option("--parts", type=click.IntRange(1, 100), default=2, show_default=True)
@click.option("--events", type=click.Path(path_type=Path), help="Keep the event log here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(**options: Any) -> int:
    """Trade a synthetic market and print the digest of the log.

    Six correlated coins with volatility clusters, jumps and gaps. The same seed gives the
    same digest, run after run.

    \b
    Examples:
      crypto-trader simulate --seed 7 --days 3
      crypto-trader simulate --seed 7 --days 30 --events build/s.sqlite --json
    """
    from entrypoints.cli.progress import progress_bar
    from entrypoints.simulation.run import run_simulation

    with progress_bar("simulate") as told:
        result = run_simulation(
            seed=options["seed"],
            days=options["days"],
            instruments=DEFAULT.only(options["pairs"].split(",")) if options["pairs"] else DEFAULT,
            parameters=STANDARD.with_settings(options["settings"]),
            cash=Jpy(Decimal(options["cash"])),
            parts=options["parts"],
            events=options["events"],
            finish=lambda run: _finish(run, options),
            progress=told,
        )
    if options["as_json"]:
        print(json.dumps(result, allow_nan=False))
    return 0


def _finish(run: FinishedRun, options: dict[str, Any]) -> dict[str, Any]:
    import asyncio

    from entrypoints.backtest.outcome import outcome_of, to_json
    from entrypoints.backtest.terminal_summary import render_terminal
    from entrypoints.backtest.trades import read_trades

    outcome = outcome_of(run, asyncio.run(read_trades(run.store)))
    result = {"seed": options["seed"], "days": options["days"], **to_json(outcome, run)}
    result["cpu_seconds"] = round(time.process_time(), 2)
    if not options["as_json"]:
        from rich.console import Console

        render_terminal(outcome, run, Console(file=sys.stdout))
    return result
