"""crypto-trader replay: decide a log again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from entrypoints.replay.verify import Verified


@click.command("replay")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--verify", "_verify", is_flag=True, help="Exit 1 when a decision differs.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A strategy parameter."
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["technical", "forecast", "sentiment", "market"]),
    help="With --compare: a component less, its weight shared among the others. Repeatable.",
)
@click.option("--compare", is_flag=True, help="Trade it twice; the difference in JPY.")
@click.option(
    "--base",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --compare: what the log was traded with, where that differs from the defaults.",
)
@click.option(
    "--usdjpy",
    metavar="FILE|NUMBER",
    help="With --compare: yen for a dollar. Default: as orders on the log were quoted.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(path: Path, settings: tuple[str, ...], as_json: bool, **asked: Any) -> int:
    """Decide every analysis of a log again, from what was known then, and compare.

    With --set it shows which decisions other parameters would have changed. With --compare the
    log's inputs are traded twice, with its parameters and with others: fills follow the same
    assumptions on both sides, and the difference in JPY comes with a 95 % interval.

    \b
    Examples:
      crypto-trader replay --verify trader/trader.sqlite
      crypto-trader replay trader/trader.sqlite --set buy_threshold=0.3
      crypto-trader replay trader/trader.sqlite --set buy_threshold=0.3 --compare
      crypto-trader replay trader/trader.sqlite --without forecast --compare --json
    """
    if asked["compare"]:
        from entrypoints.cli.compare import compare_log

        return compare_log(
            path,
            settings=settings,
            without=asked["without"],
            base=asked["base"],
            usdjpy=asked["usdjpy"],
            as_json=as_json,
        )
    for name in ("without", "base", "usdjpy"):
        if asked[name]:
            raise click.UsageError(f"--{name} goes with --compare")
    from application import policy
    from domain.parameters import STANDARD
    from entrypoints.replay.verify import verify
    from entrypoints.wiring.log_file import reading

    parameters = STANDARD.with_settings(settings)
    with reading(path) as store:
        found = asyncio.run(verify(store, policy=policy.STANDARD, parameters=parameters))
    if as_json:
        print(json.dumps(_object(found)))
    else:
        _show(found)
    return 1 if asked["_verify"] and found.equal < found.decisions else 0


def _object(found: Verified) -> dict[str, Any]:
    return {
        "decisions": found.decisions,
        "equal": found.equal,
        "fills": found.fills,
        "max_bp": round(found.max_bp, 4),
        "mean_bp": round(found.mean_bp, 4),
        "differences": [
            {"analysis": one.analysis, "recorded": one.recorded, "decided": one.decided}
            for one in found.differences
        ],
    }


def _show(found: Verified) -> None:
    click.echo(f"{found.equal:,} of {found.decisions:,} decisions are equal")
    click.echo(
        f"{found.fills:,} fills, {found.mean_bp:+.2f} basis points from their quotes on the mean, "
        f"{found.max_bp:.2f} at worst"
    )
    for one in found.differences:
        click.echo(f"{one.analysis}: recorded {one.recorded}; decided {one.decided}")
