"""Silence is an alarm: when no price has been stored for a while, somebody is told, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.errors import OutsideError, Retryable
from application.read_models import PRICES
from domain.instant import CANDLE, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from application.ports.read_models import ReadModels
    from application.troubles import Troubles

SOURCE = "market_data"
"""One outage, one alert: silence and what a collection says of itself have one name."""


class PriceHeart:
    """Beats with every candle that is stored."""

    def __init__(
        self, tables: ReadModels, pairs: Sequence[str], troubles: Callable[[], Troubles]
    ) -> None:
        self._tables = tables
        self._pairs = pairs
        self._troubles = troubles
        self._newest: int | None = None

    async def newest(self) -> int | None:
        """When the newest candle of any pair had closed (ms); as last known if unreadable."""
        try:
            rows = [await self._tables.newest(PRICES, pair, 1) for pair in self._pairs]
        except OutsideError:
            return self._newest
        opened = [one[-1].open_time for one in rows if one]
        self._newest = max(opened) + CANDLE if opened else None
        return self._newest

    async def silent(self, since: int) -> None:
        """Tell that nothing has come in since a moment (ms), unless it was told to fail before."""
        silence = Retryable(f"no candle has come in since {iso(since)}")
        await self._troubles().failed(SOURCE, silence, "silence")

    async def beating(self) -> None:
        """Tell that the silence is over, if it was told and nothing else is wrong by now."""
        await self._troubles().worked(SOURCE, "silence")
