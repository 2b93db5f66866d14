"""crypto-trader warm-up: candles for the first analysis, fetched before it is needed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from application.errors import Retryable

if TYPE_CHECKING:
    from application.ports.clock import Clock
    from entrypoints.wiring.settings import Settings

CANDLES = 1_000


@click.command("warm-up")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="Default: crypto-trader.toml, if any."
)
@click.option(
    "--candles",
    type=click.IntRange(1, 4_000),
    default=CANDLES,
    show_default=True,
    help="Of 5 minutes, each coin; 1,000 are about three and a half days.",
)
@click.option("--account", type=click.Choice(["paper", "live"]), default="paper", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Candles by coin on stdout.")
def command(path: Path | None, candles: int, account: str, *, as_json: bool) -> int:
    """Store recent candles of every coin in a trader's log.

    A trader does the same with fewer candles at its first tick; what is there already is not
    fetched again.

    \b
    Examples:
      crypto-trader warm-up
      crypto-trader warm-up --candles 2000 --account live
    """
    from adapters.clock.system import SystemClock
    from entrypoints.local.one_instance import only_one
    from entrypoints.wiring.settings import load_settings

    settings = load_settings(path)
    with only_one(settings.general.folder):
        stored = asyncio.run(warm_up(settings, account, candles, SystemClock()))
    if as_json:
        print(json.dumps(stored))
    else:
        click.echo(
            "stored " + ", ".join(f"{number:,} of {pair}" for pair, number in stored.items())
        )
    return 0


async def warm_up(settings: Settings, account: str, candles: int, clock: Clock) -> dict[str, int]:
    """Candles newly stored by pair. Raises Retryable, naming the coins, for what failed."""
    from application.market.collect_prices import PriceMemory, collect_prices
    from domain.events import CollectionFailed, PriceCollected
    from domain.instant import tick_of
    from entrypoints.wiring.at_home import collecting

    stored = dict.fromkeys(settings.instruments.pairs, 0)
    failed: list[str] = []

    def count(event: Any) -> None:
        match event:
            case PriceCollected(candle):
                stored[candle.pair] += 1
            case CollectionFailed(source, reason):
                failed.append(f"{source.partition('/')[2]}: {reason}")
            case _:
                pass

    async with collecting(settings, account=account, clock=clock) as environment:
        commits = await collect_prices(
            tick_of(clock.now()),
            pairs=settings.instruments.pairs,
            log=environment.log(),
            market_data=environment.market_data(),
            # the trader asks for the first analysis: here nobody would make it
            policy=attrs.evolve(environment.policy(), due=lambda *_: None),
            parameters=settings.parameters,
            history=candles,
            memory=PriceMemory(),
        )
    for commit in commits:
        for event in commit.events:
            count(event)
    if failed:
        raise Retryable(f"what came is stored; again for the rest: {'; '.join(failed)}")
    return stored
