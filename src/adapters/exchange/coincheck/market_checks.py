"""What anybody can read about the exchange's markets: which there are, quotes, and books."""

from decimal import Decimal
from typing import Any

import attrs
from pydantic import BaseModel, ConfigDict, Field

from adapters.exchange.coincheck import readings
from adapters.exchange.coincheck.payloads import (
    Availability,
    Number,
    TickerPayload,
    believed,
)
from adapters.http_reads import HttpReads
from application.errors import Broken

Levels = tuple[tuple[Decimal, Decimal], ...]
"""(rate in JPY, coins), the best first."""


class _Payload(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Market(_Payload):
    """One pair's market."""

    pair: str
    status: str
    availability: Availability


class _Markets(_Payload):
    exchange_status: list[Market]


class _Books(_Payload):
    asks: list[list[Number]] = Field(min_length=1)
    bids: list[list[Number]] = Field(min_length=1)


@attrs.frozen(slots=True, weakref_slot=False)
class Book:
    """Both sides of an order book."""

    bids: Levels
    asks: Levels


class MarketReads:
    """Public reads; each raises Retryable, Refused, Broken or ConfigurationError."""

    def __init__(self, reads: HttpReads, base_url: str) -> None:
        self._reads = reads
        self._base = base_url.rstrip("/")

    async def markets(self) -> dict[str, Market]:
        """All pairs of the order-book exchange, by the exchange's name."""
        return await self._reads.get(f"{self._base}/api/exchange_status", _markets)

    async def ticker(self, coincheck: str) -> TickerPayload:
        """Last price, bid, ask and their time (ms)."""
        return await self._reads.get(
            f"{self._base}/api/ticker", readings.ticker, {"pair": coincheck}
        )

    async def book(self, coincheck: str) -> Book:
        """Offers on both sides, as far as the exchange shows them."""
        return await self._reads.get(f"{self._base}/api/order_books", _book, {"pair": coincheck})


def _markets(value: Any) -> dict[str, Market]:
    read = believed(_Markets, value, "exchange_status").exchange_status
    return {one.pair: one for one in read}


def _book(value: Any) -> Book:
    read = believed(_Books, value, "order_books")
    bids = sorted(_levels(read.bids, "bids"), reverse=True)
    asks = sorted(_levels(read.asks, "asks"))
    if bids[0][0] > asks[0][0]:
        raise Broken(f"order_books: bid {bids[0][0]} is above ask {asks[0][0]}")
    return Book(tuple(bids), tuple(asks))


def _levels(rows: list[list[Decimal]], side: str) -> list[tuple[Decimal, Decimal]]:
    for row in rows:
        if len(row) < 2 or row[0] <= 0 or row[1] < 0:
            raise Broken(f"order_books: {side} has a row that is no rate and amount")
    return [(row[0], row[1]) for row in rows]
