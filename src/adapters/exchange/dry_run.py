"""The real exchange, of which everything is read and to which nothing is sent."""

from decimal import Decimal

from application.errors import Refused
from application.ports.exchange import Balances, Exchange, Fill, MarketOrder, PlacedOrder, Quote
from domain.money import Jpy

NOT_ARMED = "dry run: nothing is sent; arm the stage to trade"


class DryRunExchange:
    """An account that is only looked at."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def price(self, pair: str) -> Jpy:
        """As the exchange says."""
        return await self._exchange.price(pair)

    async def quote(self, pair: str) -> Quote:
        """As the exchange says."""
        return await self._exchange.quote(pair)

    async def balances(self) -> Balances:
        """As the exchange says."""
        return await self._exchange.balances()

    async def taker_fee(self, pair: str) -> Decimal:
        """As the exchange says."""
        return await self._exchange.taker_fee(pair)

    async def nonce(self) -> int:
        """As the exchange says."""
        return await self._exchange.nonce()

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Refused, always."""
        del order, nonce
        raise Refused(NOT_ARMED)

    async def order(self, exchange_id: str) -> PlacedOrder:
        """As the exchange says."""
        return await self._exchange.order(exchange_id)

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """As the exchange says."""
        return await self._exchange.open_orders()

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """As the exchange says."""
        return await self._exchange.fills(exchange_id, since)

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """As the exchange says."""
        return await self._exchange.account_fills(since)
