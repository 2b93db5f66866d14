"""Funding rates, Fear & Greed and Bitcoin's dominance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from adapters.http_reads import reads_client
from adapters.market_context.dominance import Dominance
from adapters.market_context.fear_greed import FearGreed
from adapters.market_context.funding import FundingRates
from adapters.market_context.live import LiveMarketContext
from entrypoints.wiring.cloud.lines import PATIENCE, transport

if TYPE_CHECKING:
    from application.ports.clock import Clock


def mood(settings: Any, clock: Clock) -> LiveMarketContext:
    """The three together; one that fails leaves the others."""
    client = reads_client(transport())
    patience = attrs.evolve(PATIENCE, attempts=2)
    fear_greed, dominance = settings.fear_greed_url, settings.coingecko_url
    return LiveMarketContext(
        FundingRates(
            settings.instruments,
            client=client,
            clock=clock,
            url=settings.binance_futures_url,
            patience=patience,
        ),
        FearGreed(client=client, clock=clock, url=fear_greed, patience=patience),
        Dominance(client=client, clock=clock, key="", url=dominance, patience=patience),
    )
