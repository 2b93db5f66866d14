"""crypto-trader paper: live prices, money that does not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from entrypoints.cli.trading import fakes_options, speed_of


@click.command("paper")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="Default: crypto-trader.toml, if any."
)
@click.option("--hours", type=click.FloatRange(min=0.1), help="Stop after so long.")
@fakes_options
@click.option("--json", "as_json", is_flag=True, help="What was done as one JSON object on stdout.")
def command(path: Path | None, **asked: Any) -> int:
    """Trade on paper until Ctrl-C: real prices, news and mood, orders that move no money.

    The account and the log are kept in the configured folder; started again it goes on where it
    was. With --fakes every service is a fake on this machine, in bad weather, on a faster clock.

    \b
    Examples:
      crypto-trader paper
      crypto-trader paper --fakes --speed 300 --hours 24
      crypto-trader replay --verify trader/paper.sqlite
    """
    from entrypoints.cli.trading import run
    from entrypoints.wiring.at_home import PAPER
    from entrypoints.wiring.settings import load_settings

    asked["speed"] = speed_of(asked["speed"], is_fake=asked["fakes"])
    return run(load_settings(path), PAPER, **asked)
