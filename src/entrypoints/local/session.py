"""From the first tick to the last: what a trader at home does besides ticking."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from domain.instant import JAPAN, to_datetime
from entrypoints.local.night import Night
from entrypoints.local.schedule import keep_ticking
from entrypoints.local.status import status_line
from entrypoints.local.steady import SteadyTrader
from entrypoints.replay.night_checks import night_checks_of_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from entrypoints.wiring.at_home import Home

LAST_WORDS_S = 10.0
"""At the end Slack has so long to take what still waits."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Session:
    """What a run did. `errors` are ticks that failed unexpectedly, `failing` what still fails."""

    ticks: int
    analyses: int
    errors: int
    failing: tuple[str, ...]


async def trade(
    home: Home,
    *,
    stop: asyncio.Event,
    until: int | None = None,
    is_shown: bool = True,
    before_tick: Callable[[int], Awaitable[None]] | None = None,
) -> Session:
    """Trade until `stop` is set, or to a moment (ms); the tick that is under way is finished."""
    ports = home.environment.ports()
    night = Night(
        ports,
        archive=home.environment.report_archive(),
        evidence=home.environment.evidence(),
        checks=lambda: night_checks_of_file(
            home.log, policy=ports.policy, parameters=ports.parameters
        ),
        proposer=home.environment.proposer(),
    )
    trader = SteadyTrader(ports, night=night)

    class Ticking:
        """A tick with what comes before and after it."""

        async def tick(self, at: int) -> None:
            if before_tick is not None:
                await before_tick(at)
            await trader.tick(at)
            if home.slack is not None:
                await home.slack.flush()
            if is_shown:
                line = await status_line(
                    at,
                    tables=ports.log.tables,
                    instruments=ports.instruments,
                    troubles=trader.troubles,
                )
                print(f"{to_datetime(at + JAPAN):%H:%M:%S}  {line}", file=sys.stderr)

    await keep_ticking(Ticking(), clock=ports.clock, stop=stop, heart=trader.heart(), until=until)
    if home.slack is not None:
        await home.slack.flush(LAST_WORDS_S)
    return Session(
        ticks=trader.ticks,
        analyses=trader.analyses,
        errors=trader.errors,
        failing=tuple(sorted(trader.troubles.told)),
    )


@contextmanager
def stopping_on_signals() -> Iterator[asyncio.Event]:
    """Set by the first Ctrl-C or polite kill; a second one ends the process as always."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def asked() -> None:
        stop.set()
        for number in numbers:
            loop.remove_signal_handler(number)
        print("stopping after this tick; once more to stop at once", file=sys.stderr)

    for number in numbers:
        loop.add_signal_handler(number, asked)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
