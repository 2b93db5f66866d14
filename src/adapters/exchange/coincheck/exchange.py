"""CoincheckExchange: the promises of the exchange port, kept with the real exchange."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import httpx

from adapters.exchange.coincheck import readings
from adapters.exchange.coincheck.calls import ORDERS, Calls, Retries, Timeouts
from adapters.exchange.coincheck.nonces import Nonces
from adapters.exchange.coincheck.pacing import Pace
from adapters.exchange.coincheck.payloads import TickerPayload, Transaction
from adapters.exchange.coincheck.rules import OrderRules
from adapters.exchange.coincheck.signing import Credentials
from application.errors import Broken, ConfigurationError, Refused, Retryable
from application.ports.clock import Clock
from application.ports.exchange import Balances, Fill, MarketOrder, PlacedOrder, Quote
from domain.errors import InstrumentError
from domain.instant import HOUR, SECOND
from domain.instruments import Instruments
from domain.money import Jpy

TRANSACTIONS: Final = f"{ORDERS}/transactions_pagination"
ORDERS_A_SECOND: Final = 4
DETAILS_A_SECOND: Final = 1
_MOST_PAGES: Final = 1_000
_OLDEST_STATUS: Final = 5 * SECOND


class CoincheckExchange:
    """One account, by one API key.

    `rules` are the instruments' own unless given; `chance` in [0, 1) spreads repeated reads.
    """

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        credentials: Credentials,
        clock: Clock,
        instruments: Instruments,
        nonces: Nonces,
        rules: OrderRules | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        chance: Callable[[], float] | None = None,
        oldest_ticker_ms: int = 60 * SECOND,
    ) -> None:
        self._calls = Calls(
            client=client,
            credentials=credentials,
            clock=clock,
            nonces=nonces,
            timeouts=timeouts or Timeouts(),
            retries=retries or Retries(),
            chance=chance or random.SystemRandom().random,
        )
        self._clock = clock
        self._instruments = instruments
        self._name = readings.pair_names(instruments)
        self._rules = rules or OrderRules(instruments)
        self._oldest_ticker = oldest_ticker_ms
        self._new_orders = Pace(clock, calls=ORDERS_A_SECOND)
        self._details = Pace(clock, calls=DETAILS_A_SECOND)
        self._open_until: dict[str, int] = {}
        self._fees: dict[str, Decimal] = {}
        self._fees_at: int | None = None

    async def price(self, pair: str) -> Jpy:
        """Last price. Raises Retryable (an old one, too) or Broken."""
        return Jpy((await self._ticker(pair)).last)

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask. Raises Retryable (old ones, too) or Broken."""
        ticker = await self._ticker(pair)
        return Quote(Jpy(ticker.bid), Jpy(ticker.ask))

    async def balances(self) -> Balances:
        """Free and reserved by name; coins that are not configured are left out."""
        return await self._calls.private(
            "/api/accounts/balance", readings.balances(self._instruments)
        )

    async def taker_fee(self, pair: str) -> Decimal:
        """The account's fee, an hour old at most. Raises Broken where none is told.

        A fee that is guessed too low would spend more than the account has.
        """
        coincheck = self._coincheck(pair)
        now = self._clock.now()
        if self._fees_at is None or not 0 <= now - self._fees_at < HOUR:
            self._fees = await self._calls.private("/api/accounts", readings.taker_fees)
            self._fees_at = now
        try:
            return self._fees[coincheck]
        except KeyError:
            self._fees_at = None
            raise Broken(f"account: exchange_fees.{coincheck} is missing") from None

    async def nonce(self) -> int:
        """A number larger than any before with this key, in any process of this machine."""
        return self._calls.nonce()

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Send the order once, unless our rules or the exchange's state say no before."""
        coincheck = self._coincheck(order.pair)
        fields = self._rules.fields(order, coincheck)
        await self._must_be_open(coincheck)
        await self._new_orders.wait()
        try:
            return await self._calls.order(fields, nonce, readings.accepted(fields))
        except Refused as refused:
            self._rules.learn(order.pair, coincheck, str(refused))
            self._open_until.pop(coincheck, None)
            raise

    async def order(self, exchange_id: str) -> PlacedOrder:
        """One order's details. Raises Refused when the account has none of that id."""
        number = _checked(exchange_id)
        found = await self._calls.status_of(
            f"{ORDERS}/{number}", readings.placed_order(number, self._name), self._details
        )
        if found is None:
            raise Refused(f"there is no order {exchange_id}")
        return found

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """Open market orders. What they asked for is None: the list tells only what is left."""
        return await self._calls.private(f"{ORDERS}/opens", readings.open_orders(self._name))

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """Fills of one order, picked from those of the account: the exchange cannot filter."""
        rows = await self._transactions(since)
        ours = (one for one in rows if one.order_id == exchange_id)
        return readings.fills(ours, since, self._name)

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Fills of all orders. The exchange's times are whole seconds: leave a margin."""
        return readings.fills(await self._transactions(since), since, self._name)

    async def _ticker(self, pair: str) -> TickerPayload:
        coincheck = self._coincheck(pair)
        found = await self._calls.public("/api/ticker", readings.ticker, pair=coincheck)
        age = self._clock.now() - found.timestamp
        if abs(age) > self._oldest_ticker:
            raise Retryable(
                f"ticker of {coincheck}: its time is {age / SECOND:.0f} s before ours; it is "
                "stale, or a clock is wrong"
            )
        return found

    async def _must_be_open(self, coincheck: str) -> None:
        now = self._clock.now()
        if now < self._open_until.get(coincheck, 0) <= now + _OLDEST_STATUS:
            return
        found = await self._calls.public(
            "/api/exchange_status", readings.market_status(coincheck), pair=coincheck
        )
        if found.status != "available" or not found.availability.market_order:
            raise Retryable(
                f"{coincheck} takes no market orders: status {found.status[:40]!r}, "
                f"market_order {found.availability.market_order}"
            )
        self._open_until[coincheck] = now + _OLDEST_STATUS

    async def _transactions(self, since: int) -> list[Transaction]:
        """Newest first, page by page, until all of a page is older than `since`."""
        rows: dict[str, Transaction] = {}
        query = {"limit": str(readings.PAGE), "order": "desc"}
        for _ in range(_MOST_PAGES):
            page, full = await self._calls.private(TRANSACTIONS, readings.page, **query)
            fresh = {one.id: one for one in page if one.id not in rows}
            rows |= fresh
            if len(page) < full or all(one.created_at < since for one in page):
                return list(rows.values())
            if not fresh:
                raise Broken("fills: a full page brought no new id")
            query["starting_after"] = page[-1].id
        raise Broken(f"fills: more than {_MOST_PAGES} pages since {since}")

    def _coincheck(self, pair: str) -> str:
        try:
            return self._instruments.of(pair).coincheck
        except InstrumentError as error:
            raise ConfigurationError(f"TRADING_PAIRS_CONFIG: {error}") from error


def _checked(exchange_id: str) -> str:
    """An id is a number; anything else would change the address that is asked."""
    if not (exchange_id.isascii() and exchange_id.isdigit() and len(exchange_id) < 20):
        raise Refused(f"there is no order {exchange_id[:40]!r}")
    return str(int(exchange_id))
