"""crypto-trader live: real orders with real money, twice confirmed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.errors import ConfigurationError, Refused
from entrypoints.cli.trading import fakes_options, speed_of

if TYPE_CHECKING:
    from entrypoints.wiring.at_home import Home
    from entrypoints.wiring.settings import Settings


@click.command("live")
@click.option("--live", "is_meant", is_flag=True, help="Yes, with real money.")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="Default: crypto-trader.toml, if any."
)
@click.option("--hours", type=click.FloatRange(min=0.1), help="Stop after so long.")
@fakes_options
@click.option("--json", "as_json", is_flag=True, help="What was done as one JSON object on stdout.")
def command(path: Path | None, *, is_meant: bool, **asked: Any) -> int:
    """Trade on Coincheck until Ctrl-C, with real money.

    Starts only with --live, with `confirm` in [live] of the configuration, and when `doctor`
    finds no error; then it says what it may spend. With --fakes no money is involved.

    \b
    Examples:
      crypto-trader doctor
      crypto-trader live --live
      crypto-trader live --live --fakes --hours 2
    """
    from entrypoints.cli.trading import run
    from entrypoints.wiring.at_home import REAL
    from entrypoints.wiring.settings import CONFIRMATION, load_settings

    asked["speed"] = speed_of(asked["speed"], is_fake=asked["fakes"])
    if not is_meant:
        raise click.UsageError(
            "this trades with real money: add --live if that is what you want; "
            "`crypto-trader paper` does the same without money"
        )
    settings = load_settings(path)
    if settings.live.confirm != CONFIRMATION and not asked["fakes"]:
        raise ConfigurationError(
            f'[live] confirm: write confirm = "{CONFIRMATION}" into the configuration to go on'
        )
    return run(settings, REAL, ready=_ready, **asked)


async def _ready(settings: Settings, home: Home) -> None:
    """Refuse what `doctor` would; say what may be spent. Raises Refused."""
    from entrypoints.doctor.examine import examine

    report = await examine(
        settings, clock=home.environment.clock(), needs_key=True, logs=[home.log]
    )
    for finding in report.errors:
        print(f"doctor: {finding.check}: {finding.text}. {finding.what_to_do}", file=sys.stderr)
    if report.errors:
        raise Refused("live: not started, because of what doctor found; mend it and start again")
    print(await what_it_may_spend(settings, home), file=sys.stderr)


async def what_it_may_spend(settings: Settings, home: Home) -> str:
    """The most that can go into coins, in JPY: limits, and what the account has."""
    p, coins = settings.parameters, len(list(settings.instruments))
    balances = await home.exchange.balances()
    free = balances.jpy_free.amount
    most = min(max(free - p.reserve_jpy, 0), p.max_position_jpy * p.max_positions_per_pair * coins)
    return (
        f"live: {free:,.0f} JPY are free on Coincheck. It may spend up to {most:,.0f} JPY of them: "
        f"{p.max_position_jpy:,} JPY a position, {p.max_positions_per_pair} position each of "
        f"{coins} coins; {p.reserve_jpy:,} JPY are never touched. After a loss of "
        f"{p.breaker_loss_jpy:,} JPY, or {p.breaker_losses_in_a_row} losses in a row, buying stops "
        "for a while."
    )
