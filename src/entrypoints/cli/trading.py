"""What `paper` and `live` have in common: options, the run, and what is said of it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import attrs
import click

from application.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from application.ports.clock import Clock
    from entrypoints.fakes.services import FakeServices
    from entrypoints.local.session import Session
    from entrypoints.wiring.at_home import Haste, Home
    from entrypoints.wiring.settings import Settings

MAX = "max"
HOURS = 24.0
"""Against the fakes a run ends; this is when, if nothing else is asked for."""


def fakes_options(command: Any) -> Any:
    """--fakes and what belongs to it."""
    for option in (
        click.option("--calm", is_flag=True, help="With --fakes: nothing goes wrong."),
        click.option("--seed", type=click.IntRange(0), default=0, help="Of the fakes' market."),
        click.option(
            "--speed",
            metavar="N",
            help="With --fakes: so many seconds a second, or max. Default: 300.",
        ),
        click.option("--fakes", is_flag=True, help="Fake services on this machine alone."),
    ):
        command = option(command)
    return command


def speed_of(text: str | None, *, is_fake: bool) -> float | None:
    """The clock's speed; None for as fast as it goes. Raises UsageError."""
    if not is_fake:
        if text is not None:
            raise click.BadParameter(
                "real services have a real clock: add --fakes", None, None, "--speed"
            )
        return 1.0
    if text == MAX:
        return None
    try:
        speed = float(text or 300)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 3_000:
        raise click.UsageError(f"--speed {text}: give 1 to 3000, or max")
    return speed


def run(
    settings: Settings,
    account: str,
    *,
    hours: float | None,
    fakes: bool,
    speed: float | None,
    seed: int,
    calm: bool,
    as_json: bool,
    ready: Callable[[Settings, Home], Awaitable[None]] | None = None,
) -> int:
    """Trade; `ready` may still refuse, by raising, once everything is wired."""
    from entrypoints.local.one_instance import only_one
    from entrypoints.wiring.at_home import Haste

    if fakes:
        folder = settings.general.folder / "fakes"
        general = settings.general.model_copy(update={"folder": folder})
        settings = settings.model_copy(update={"general": general})
    with only_one(settings.general.folder), ExitStack() as stack:
        world: FakeServices | None = None
        if fakes:
            clock, world = _fake_world(settings, account, speed, seed, stack, is_calm=calm)
            settings, hours = world.settings, hours or HOURS
        else:
            from adapters.clock.system import SystemClock

            clock = SystemClock()
        job = _trade(settings, account, clock, Haste(speed=speed or 1.0), hours, world, ready)
        told = asyncio.run(job)
    if as_json:
        print(json.dumps(told))
    else:
        _show(told)
    return 1 if told["errors"] else 0


def _fake_world(
    settings: Settings,
    account: str,
    speed: float | None,
    seed: int,
    stack: ExitStack,
    *,
    is_calm: bool,
) -> tuple[Clock, FakeServices]:
    """A clock that stands where the log ended, and all services. Raises InputError."""
    import time

    from adapters.clock.fast import FastClock
    from adapters.clock.simulated import SimulatedClock
    from domain.instant import CANDLE

    try:
        from entrypoints.fakes.services import FakeMarket, fake_services
    except ModuleNotFoundError as missing:
        raise InputError(
            f"--fakes needs {missing.name}: pip install 'crypto-trader[fakes]'"
        ) from None

    from entrypoints.wiring.at_home import REAL

    market = FakeMarket(settings, seed)
    ended = _log_end(settings, account)
    if ended is not None and account == REAL:
        raise InputError(
            f"{settings.general.folder}: the fake exchange forgot its ledger when it stopped, and "
            "the log did not: remove the folder"
        )
    if ended is not None and not market.first <= ended < market.last:
        raise InputError(
            f"{settings.general.folder}: what is kept here ended outside the fakes' {market.days} "
            "days: remove the folder"
        )
    start = market.first if ended is None else ended + CANDLE
    clock: Clock
    clock = SimulatedClock(start) if speed is None else FastClock(start, time.monotonic(), speed)
    served = fake_services(settings, market, clock=clock, seed=seed, is_calm=is_calm)
    return clock, stack.enter_context(served)


def _log_end(settings: Settings, account: str) -> int | None:
    """When the newest commit of an account's log was made (ms); None without a log."""
    from entrypoints.wiring.log_file import newest_at

    path = settings.general.folder / f"{account}.sqlite"
    return newest_at(path) if path.exists() else None


async def _trade(
    settings: Settings,
    account: str,
    clock: Clock,
    haste: Haste,
    hours: float | None,
    world: FakeServices | None,
    ready: Callable[[Settings, Home], Awaitable[None]] | None,
) -> dict[str, Any]:
    from domain.instant import HOUR
    from entrypoints.local.session import stopping_on_signals, trade
    from entrypoints.wiring.at_home import at_home

    began = clock.now()
    until = None if hours is None else began + round(hours * HOUR)

    async def turn(at: int) -> None:
        if world is not None:
            world.weather.turn(at)

    with stopping_on_signals() as stop:
        async with at_home(settings, account=account, clock=clock, haste=haste) as home:
            if ready is not None:
                await ready(settings, home)
            print(f"{account}: trading {settings.general.folder}; Ctrl-C stops", file=sys.stderr)
            session = await trade(home, stop=stop, until=until, before_tick=turn)
            return await _told(home, session, world)


async def _told(home: Home, session: Session, world: FakeServices | None) -> dict[str, Any]:
    from application.read_models import POSITIONS, TRADES

    ports = home.environment.ports()
    trades = [
        row
        for pair in ports.instruments.pairs
        for row in await ports.log.tables.newest(TRADES, pair, 1_000_000)
    ]
    held = await ports.log.tables.flagged(POSITIONS)
    told: dict[str, Any] = {
        **attrs.asdict(session),
        "trades": len(trades),
        "held": sorted(row.pair for row in held if row.open),
        "failing": sorted(session.failing),
        "log": str(home.log),
    }
    if home.slack is not None:
        told |= {"slack": home.slack.posted, "slack_dropped": home.slack.dropped}
    if world is not None:
        told["outages"] = [
            {"service": one.service, "fault": one.fault} for one in world.weather.had
        ]
    return told


def _show(told: dict[str, Any]) -> None:
    outages = f", {len(told['outages'])} outages" if "outages" in told else ""
    click.echo(
        f"{told['ticks']} ticks, {told['analyses']} analyses, {told['trades']} trades on the log, "
        f"{len(told['held'])} positions held, {told['errors']} errors{outages}"
    )
    click.echo(f"log: {told['log']}; crypto-trader replay --verify {told['log']}")
