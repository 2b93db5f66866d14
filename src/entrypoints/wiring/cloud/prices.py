"""Candles of Binance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.http_reads import reads_client
from adapters.market_data.binance.klines import BinanceKlines
from adapters.market_data.closed_only import ClosedOnly
from entrypoints.wiring.cloud.lines import PATIENCE, chance, transport

if TYPE_CHECKING:
    from application.ports.clock import Clock


def prices(settings: Any, clock: Clock) -> ClosedOnly:
    """Host by host, whatever is wrong put right."""
    return ClosedOnly(
        BinanceKlines(
            settings.instruments,
            hosts=tuple(one.strip() for one in settings.binance_hosts.split(",") if one.strip()),
            client=reads_client(transport()),
            clock=clock,
            patience=PATIENCE,
            chance=chance,
        )
    )
