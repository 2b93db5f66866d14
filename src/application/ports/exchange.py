"""Where orders are traded for yen."""

from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import attrs

from domain.events import Side
from domain.money import Jpy
from domain.quick import quickly_made


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Quote:
    """Best prices of a pair in JPY."""

    bid: Jpy
    ask: Jpy


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Balances:
    """Free and reserved yen, and free coins by pair; reserved ones are in orders under way."""

    jpy_free: Jpy
    jpy_reserved: Jpy
    coins_free: dict[str, Decimal]
    coins_reserved: dict[str, Decimal]


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class MarketOrder:
    """A market order: a buy spends `amount` JPY, a sell gives `quantity` coins."""

    pair: str
    side: Side
    amount: Jpy | None
    quantity: Decimal | None


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Fill:
    """One fill: coins, JPY per coin, JPY moved without fee, fee in JPY, time in ms.

    Coins, JPY and price are positive whatever the side.
    """

    id: str
    exchange_id: str
    pair: str
    side: Side
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


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PlacedOrder:
    """One market order as the exchange tells of it; what was asked for is as in MarketOrder.

    `executed` is what was traded so far: JPY of a buy, coins of a sell, None where the exchange
    does not say. Fills may be shown later than that. `created_at` in ms of its own clock.
    """

    exchange_id: str
    pair: str
    side: Side
    amount: Jpy | None
    quantity: Decimal | None
    state: PlacedState
    executed: Decimal | None
    created_at: int


class Exchange(Protocol):
    """An account on a spot exchange that keeps no client order id."""

    async def price(self, pair: str) -> Jpy:
        """Last price of a pair in JPY. Raises Retryable or Broken."""
        ...

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask of a pair. Raises Retryable or Broken."""
        ...

    async def balances(self) -> Balances:
        """What the account holds.

        Its success also proves that no request with an earlier nonce will be accepted any more.
        Raises Retryable or Broken.
        """
        ...

    async def taker_fee(self, pair: str) -> Decimal:
        """Taker fee of a pair as a fraction (0.001 = 0.1 %)."""
        ...

    async def nonce(self) -> int:
        """A number larger than any used with this account before, in any process.

        A request that carries a smaller one than the newest accepted is turned away.
        """
        ...

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Place a market order once; return the exchange's id.

        Raises Refused (it is not placed), Retryable (it was not sent or turned away before
        anybody looked at it), or InDoubt when the answer was lost: then only looking decides,
        never a second place.
        """
        ...

    async def order(self, exchange_id: str) -> PlacedOrder:
        """One order by the exchange's id.

        Raises Refused when the account has none of that id; Retryable or Broken.
        """
        ...

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """Orders of the account that can still fill; market orders only.

        Amounts are None where only what is left of an order is told. A new order can be
        missing here and among the fills for a moment. Raises Retryable or Broken.
        """
        ...

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """Fills of one order from `since` (ms) on, oldest first. Raises Retryable or Broken."""
        ...

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Fills of all orders of the account from `since` (ms) on, oldest first.

        Whoever placed them: this program, its owner by hand, another program.
        Raises Retryable or Broken.
        """
        ...
