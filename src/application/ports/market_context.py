"""Fear & Greed, funding rates and Bitcoin's dominance."""

from typing import Protocol

from domain.events import MarketContextCollected


class MarketContext(Protocol):
    """Where the mood of the whole market comes from."""

    async def reading(self, now: int) -> MarketContextCollected:
        """What is known at `now` (ms); a part that cannot be had is None, never a default."""
        ...
