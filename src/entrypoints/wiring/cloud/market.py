"""Coincheck's public prices, for functions without the account's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.exchange.market_only import MarketOnly
from adapters.exchange.paper.coincheck_prices import CoincheckPrices
from adapters.http_reads import HttpReads, reads_client
from entrypoints.wiring.cloud.lines import PATIENCE, transport

if TYPE_CHECKING:
    from application.ports.clock import Clock


def market(settings: Any, clock: Clock) -> MarketOnly:
    """Prices and quotes; nothing else is to be had, and nothing can be sent."""
    client = reads_client(transport())
    reads = HttpReads("Coincheck", client=client, clock=clock, patience=PATIENCE)
    return MarketOnly(CoincheckPrices(reads, settings.coincheck_url, settings.instruments), clock)
