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
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(path: Path, settings: tuple[str, ...], as_json: bool, **asked: Any) -> int:
    """Decide every analysis of a log again, from what was known then, and compare.

    With --set it shows which decisions other parameters would have changed.

    \b
    Examples:
      crypto-trader replay --verify trader/trader.sqlite
      crypto-trader replay trader/trader.sqlite --set buy_threshold=0.3
    """
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
