"""Where orders are traded for yen."""

from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import attrs

from domain.events import Side
from domain.money import Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class Quote:
    """Best prices of a pair in JPY."""

    bid: Jpy
    ask: Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class Balances:
    """Free and reserved yen, and free coins by pair; reserved ones are in orders under way."""

    jpy_free: Jpy
    jpy_reserved: Jpy
    coins_free: dict[str, Decimal]
    coins_reserved: dict[str, Decimal]


@attrs.frozen(slots=True, weakref_slot=False)
class MarketOrder:
    """A market order: a buy spends `amount` JPY, a sell gives `quantity` coins."""

    pair: str
    side: Side
    amount: Jpy | None
    quantity: Decimal | None


@attrs.frozen(slots=True, weakref_slot=False)
class Fill:
    """One fill: coins, JPY per coin, JPY moved without fee, fee in JPY, time in ms."""

    id: str
    exchange_id: str
    quantity: Decimal
    price: Jpy
    funds: Jpy
    fee: Jpy
    at: int


class PlacedState(StrEnum):
    """What the exchange says of an order."""

    OPEN = "open"
    FILLED = "filled"
    EXPIRED = "expired"


class Exchange(Protocol):
    """An account on a spot exchange that keeps no client order id."""

    async def price(self, pair: str) -> Jpy:
        """Last price of a pair in JPY. Raises Retryable or Broken."""
        ...

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask of a pair. Raises Retryable or Broken."""
        ...

    async def balances(self) -> Balances:
        """What the account holds. Raises Retryable or Broken."""
        ...

    async def taker_fee(self, pair: str) -> Decimal:
        """Taker fee of a pair as a fraction (0.001 = 0.1 %)."""
        ...

    async def place(self, order: MarketOrder) -> str:
        """Place a market order once; return the exchange's id.

        Raises Refused (it is not placed), Retryable (it was not sent), or InDoubt when the
        answer was lost: then only looking decides, never a second place.
        """
        ...

    async def fills(self, exchange_id: str) -> tuple[Fill, ...]:
        """All fills of one order so far, oldest first. Raises Retryable or Broken."""
        ...

    async def state(self, exchange_id: str) -> PlacedState:
        """Whether an order still can fill. Raises Retryable or Broken."""
        ...
