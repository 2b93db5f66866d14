"""When a trader on one machine does what: every 5 minutes a tick, missed ones in one.

The tick itself knows what is due besides prices: news and the market's mood every half hour.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from domain.instant import CANDLE, MINUTE, SECOND

if TYPE_CHECKING:
    from application.ports.clock import Clock

CLOSING = 2 * SECOND
"""A candle may be missing for a moment after it has closed (ms)."""
SILENCE = 15 * MINUTE
"""Without a stored price for so long somebody is told (ms)."""


class Ticking(Protocol):
    """What is run at every tick."""

    async def tick(self, at: int) -> None:
        """Everything that is due at a 5-minute boundary (ms)."""
        ...


class Heart(Protocol):
    """Knows when something last came in, and can tell that nothing does."""

    async def newest(self) -> int | None:
        """When the newest price was stored (ms); None before the first."""
        ...

    async def silent(self, since: int) -> None:
        """Tell that nothing has come in since a moment (ms)."""
        ...

    async def beating(self) -> None:
        """Prices come in."""
        ...


async def keep_ticking(
    trader: Ticking, *, clock: Clock, stop: asyncio.Event, heart: Heart, until: int | None = None
) -> int:
    """Tick until `stop` is set, or to a moment (ms); returns the number of ticks.

    A tick that is under way when `stop` is set is finished. Ticks missed while the machine slept
    or a tick took too long are made up by one: the collector fetches what it has missed.
    """
    began, ticks = clock.now(), 0
    at = -(-began // CANDLE) * CANDLE
    while not stop.is_set() and (until is None or at <= until):
        await _wait(clock, at + CLOSING, stop)
        if stop.is_set():
            break
        await trader.tick(at)
        ticks += 1
        await _listen(heart, began, at)
        at = max(at + CANDLE, clock.now() // CANDLE * CANDLE)
    return ticks


async def _wait(clock: Clock, moment: int, stop: asyncio.Event) -> None:
    """Until a moment (ms) or `stop`, whichever is first."""
    missing = moment - clock.now()
    if missing <= 0:
        return
    sleeping = asyncio.ensure_future(clock.sleep(missing / SECOND))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in (sleeping, stopping):
            one.cancel()
        await asyncio.gather(sleeping, stopping, return_exceptions=True)


async def _listen(heart: Heart, began: int, at: int) -> None:
    newest = await heart.newest()
    since = began if newest is None else max(began, newest)
    if at - since > SILENCE:
        await heart.silent(since)
    else:
        await heart.beating()
