"""A trader that a bug does not stop: the tick is lost, a human is told, a fresh one goes on.

What is known of a trader that was killed in any step holds here, too: the log is all that counts,
and who starts again makes up what is missing.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from application.errors import OutsideError
from application.messages import ErrorSeen
from domain.instant import MINUTE
from entrypoints.local.heart import PriceHeart
from entrypoints.local.trader import Trader

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.troubles import Troubles
    from entrypoints.local.night import Night
    from entrypoints.wiring.ports import Ports

QUIET = 30 * MINUTE
"""The same error is told again after so long (ms)."""


class SteadyTrader:
    """Ticks, whatever happens; `errors` counts the ticks that failed, `ticks` all of them."""

    def __init__(
        self, ports: Ports, start: Callable[[Ports], Trader] = Trader, night: Night | None = None
    ) -> None:
        self._ports = ports
        self._night = night
        self._start = start
        self._trader = start(ports)
        self._told: dict[str, int] = {}
        self.ticks = self.errors = 0
        self._analyses = 0

    @property
    def analyses(self) -> int:
        """Analyses made so far."""
        return self._analyses + self._trader.analyses

    @property
    def troubles(self) -> Troubles:
        """What does not work at the moment."""
        return self._trader.troubles

    def heart(self) -> PriceHeart:
        """Beats with this trader's prices, and tells in its name."""
        return PriceHeart(
            self._ports.log.tables, self._ports.instruments.pairs, lambda: self.troubles
        )

    async def tick(self, at: int) -> None:
        """Everything that is due at a 5-minute boundary (ms)."""
        self.ticks += 1
        try:
            if self.ticks == 1:
                await self._trader.catch_up(at)
            await self._trader.tick(at)
            if self._night is not None:
                await self._night.turn(at, self._trader.reactions, self.troubles)
        except Exception as error:  # noqa: BLE001 - positions need their stops, whatever is wrong
            self.errors += 1
            await self._tell(error, at)
            self._again()

    def _again(self) -> None:
        """A new trader, with the old one's troubles so that their end is told."""
        before = self._trader
        self._analyses += before.analyses
        self._ports.analysis_starter.waiting.clear()
        self._trader = self._start(self._ports)
        self._trader.troubles.take_over(before.troubles)

    async def _tell(self, error: Exception, at: int) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})"
        name = f"{type(error).__name__} in {place}"
        if at - self._told.get(name, -QUIET) < QUIET:
            return
        self._told[name] = at
        try:
            await self._ports.notifier.tell(
                ErrorSeen(place, f"{type(error).__name__}: {error}", at)
            )
        except OutsideError:
            return  # who cannot be told is not told; the next tick comes
