"""The market's mood as the services tell it now, each part on its own."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from adapters.market_context.dominance import Dominance
from adapters.market_context.fear_greed import FearGreed
from adapters.market_context.funding import FundingRates
from application.errors import OutsideError, Retryable
from domain.events import MarketContextCollected

Value = TypeVar("Value")


class LiveMarketContext:
    """Funding, Fear & Greed and dominance at once; a part that fails or is stale is None."""

    def __init__(self, funding: FundingRates, fear_greed: FearGreed, dominance: Dominance) -> None:
        self._funding = funding
        self._fear_greed = fear_greed
        self._dominance = dominance
        self._failures: Mapping[str, str] = {}

    @property
    def failures(self) -> Mapping[str, str]:
        """Why parts of the newest reading are missing."""
        return self._failures

    async def reading(self, now: int) -> MarketContextCollected:
        """What is known at `now` (ms). Raises Retryable, naming all reasons, when nothing is."""
        failures: dict[str, str] = {}
        mood, funding, share = await asyncio.gather(
            _had("fear & greed", self._fear_greed.value(now), failures),
            _had("funding", self._funding.mean(now), failures),
            _had("dominance", self._dominance.share(now), failures),
        )
        self._failures = failures
        if mood is None and funding is None and share is None:
            raise Retryable("; ".join(f"{name}: {why}" for name, why in sorted(failures.items())))
        return MarketContextCollected(
            fear_greed=mood,
            funding_rate=None if funding is None else funding.rate,
            funding_pairs=0 if funding is None else funding.coins,
            btc_dominance=share,
        )


async def _had(name: str, part: Awaitable[Value], failures: dict[str, str]) -> Value | None:
    try:
        return await part
    except OutsideError as failure:
        failures[name] = str(failure)
        return None
