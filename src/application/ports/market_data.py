"""Closed candles of the traded pairs."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from application.errors import OutsideError
from domain.events import Candle


class MarketData(Protocol):
    """Where 5-minute candles come from."""

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[Candle] | OutsideError]:
        """Candles of each pair opened after the given open time (ms) and closed by `now`.

        Oldest first, never one that is still forming. A pair whose source failed has the
        error in its place, so that one pair never loses the others.
        """
        ...
