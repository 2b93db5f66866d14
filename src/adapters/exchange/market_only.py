"""An exchange's public prices, for whoever holds no key of an account there."""

from decimal import Decimal
from typing import Final, Protocol

from application.errors import Refused, Retryable
from application.ports.clock import Clock
from application.ports.exchange import Balances, Fill, MarketOrder, PlacedOrder, Quote
from domain.instant import SECOND
from domain.money import Jpy

OLDEST: Final = 60 * SECOND


class PublicPrices(Protocol):
    """Where prices are public."""

    async def trades(self, pair: str, since: int) -> list[tuple[int, Decimal]]:
        """(time in ms, JPY) of the newest trade after a time. Raises Retryable or Broken."""
        ...

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask. Raises Retryable or Broken."""
        ...


class MarketOnly:
    """The Exchange port as far as it is public; all else is Refused, and nothing can be sent."""

    def __init__(self, source: PublicPrices, clock: Clock, *, oldest_ms: int = OLDEST) -> None:
        self._source = source
        self._clock = clock
        self._oldest = oldest_ms

    async def price(self, pair: str) -> Jpy:
        """Last price. Raises Retryable (an old one, too) or Broken."""
        trades = await self._source.trades(pair, self._clock.now() - self._oldest)
        if not trades:
            raise Retryable(f"no price of {pair} within {self._oldest // SECOND} s")
        return Jpy(trades[-1][1])

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask."""
        return await self._source.quote(pair)

    async def balances(self) -> Balances:
        """Refused."""
        raise _no_key("balances")

    async def taker_fee(self, pair: str) -> Decimal:
        """Refused."""
        raise _no_key(f"the fee of {pair}")

    async def nonce(self) -> int:
        """Refused."""
        raise _no_key("a nonce")

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Refused: nothing is sent."""
        del nonce
        raise _no_key(f"an order of {order.pair}")

    async def order(self, exchange_id: str) -> PlacedOrder:
        """Refused."""
        raise _no_key(f"order {exchange_id}")

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """Refused."""
        raise _no_key("open orders")

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """Refused."""
        del since
        raise _no_key(f"fills of {exchange_id}")

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Refused."""
        del since
        raise _no_key("fills of the account")


def _no_key(what: str) -> Refused:
    return Refused(f"{what} needs the account's key, which order-executor alone holds")
