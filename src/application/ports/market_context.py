"""Fear & Greed, funding rates and Bitcoin's dominance."""

from collections.abc import Mapping
from typing import Protocol

from domain.events import MarketContextCollected


class MarketContext(Protocol):
    """Where the mood of the whole market comes from."""

    @property
    def failures(self) -> Mapping[str, str]:
        """Why parts of the newest reading could not be had, by part; empty where nobody failed."""
        ...

    async def reading(self, now: int) -> MarketContextCollected:
        """What is known at `now` (ms); a part that cannot be had is None, never a default."""
        ...
