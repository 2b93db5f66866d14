"""The simulated exchange as it is seen through a bad line, and its own bad habits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from adapters.exchange.simulated.exchange import SimulatedExchange
from adapters.exchange.simulated.matching import FillAssumptions, RestingOrder
from application.errors import InDoubt, OutsideError, Refused, Retryable
from application.ports.exchange import MarketOrder
from domain.events import Side
from domain.instant import MINUTE, SECOND
from domain.money import Jpy, round_down
from entrypoints.simulation.hostility import LAG, Hostility

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from application.ports.clock import Clock
    from application.ports.exchange import Balances, Fill, PlacedOrder, Quote

    T = TypeVar("T")


class MoodyExchange(SimulatedExchange):
    """Fills in up to 12 parts over up to 10 minutes, sometimes not all; a human trades beside."""

    def __init__(self, *, hostility: Hostility, **given: Any) -> None:
        super().__init__(**given)
        self._hostility = hostility
        self._hand: list[RestingOrder] = []

    def trade_by_hand(self, order: MarketOrder) -> str:
        """Past the plug, and remembered as such."""
        number = super().trade_by_hand(order)
        self._hand.append(self.history[number])
        return number

    def terms_of(self, order: MarketOrder) -> FillAssumptions:
        """How this order is going to be filled."""
        del order
        terms = self._terms
        if self._hostility.strikes("partial-fills", "place"):
            chance = self._hostility.chance("partial-fills")
            parts = chance.randint(1, 12)
            every = chance.randint(0, 10 * MINUTE // parts)
            terms = attrs.evolve(terms, parts=parts, part_every_ms=every)
        if self._hostility.strikes("rest-expires", "place"):
            parts = max(terms.parts, 3)
            cut = self._hostility.chance("rest-expires").randint(0, parts - 1)
            terms = attrs.evolve(terms, parts=parts, parts_filled=cut)
        return terms

    def somebody_trades(self, pairs: tuple[str, ...]) -> None:
        """The owner buys or sells a little by hand; never more than he bought by hand."""
        if not self._hostility.strikes("trade-by-hand", "tick"):
            return
        chance = self._hostility.chance("trade-by-hand")
        pair = chance.choice(pairs)
        mine = self.by_hand(pair)
        instrument = self._instruments[pair]
        try:
            if mine >= instrument.min_amount:
                self.trade_by_hand(_sell(pair, round_down(mine, instrument.decimals)))
            else:
                self.trade_by_hand(_buy(pair, Decimal(chance.randint(500, 3_000))))
        except Refused:
            return  # the minimum of the coin, or no yen: then he does not

    def by_hand(self, pair: str) -> Decimal:
        """Coins of a pair that came in by hand and are not on their way out by hand."""
        total = self.moved_by_hand()[1].get(pair, Decimal(0))
        for one in self._hand:
            if one.order.pair == pair and one.order.side is Side.SELL:
                total -= one.left
        return total

    def moved_by_hand(self) -> tuple[Decimal, dict[str, Decimal]]:
        """(yen, coins by pair) that trades by hand have brought in, or taken out if negative."""
        jpy, coins = Decimal(0), dict.fromkeys(self._instruments, Decimal(0))
        for one in self._hand:
            sign = 1 if one.order.side is Side.BUY else -1
            for fill in one.fills:
                jpy -= sign * fill.funds.amount + fill.fee.amount
                coins[one.order.pair] += sign * fill.quantity
        return jpy, coins


def _buy(pair: str, amount: Decimal) -> MarketOrder:
    return MarketOrder(pair, Side.BUY, Jpy(amount), None)


def _sell(pair: str, quantity: Decimal) -> MarketOrder:
    return MarketOrder(pair, Side.SELL, None, quantity)


class FaultyExchange:
    """The way to the exchange: answers are lost, late, old or unreadable."""

    def __init__(self, exchange: SimulatedExchange, hostility: Hostility, clock: Clock) -> None:
        self._exchange = exchange
        self._hostility = hostility
        self._clock = clock
        self._late: list[tuple[int, MarketOrder, int]] = []
        self._stale: tuple[int, Balances] | None = None

    async def _call(self, step: str, effect: Callable[[], Awaitable[T]]) -> T:
        await self._arrive()
        return await self._hostility.call(step, "exchange", effect)

    async def _arrive(self) -> None:
        """Requests that were on their way reach the exchange when their time has come."""
        now = self._clock.now()
        for due in [one for one in self._late if one[0] <= now]:
            self._late.remove(due)
            try:
                await self._exchange.place(due[1], due[2])
            except OutsideError:
                continue  # turned away, and nobody hears of it

    async def price(self, pair: str) -> Jpy:
        """Last price."""
        return await self._call("price", lambda: self._exchange.price(pair))

    async def quote(self, pair: str) -> Quote:
        """Bid and ask."""
        return await self._call("quote", lambda: self._exchange.quote(pair))

    async def taker_fee(self, pair: str) -> Decimal:
        """The fee."""
        return await self._call("fee", lambda: self._exchange.taker_fee(pair))

    async def nonce(self) -> int:
        """Counted on this side of the line: nothing can happen to it."""
        return await self._exchange.nonce()

    async def balances(self) -> Balances:
        """Balances, perhaps those of some seconds ago."""
        found = await self._call("balances", self._exchange.balances)
        now = self._clock.now()
        stale = self._stale
        if (
            stale is not None
            and now - stale[0] <= LAG
            and self._hostility.strikes("balance-lag", "balances")
        ):
            return stale[1]
        self._stale = (now, found)
        return found

    async def order(self, exchange_id: str) -> PlacedOrder:
        """One order."""
        return await self._call("order", lambda: self._exchange.order(exchange_id))

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """Open orders; a young one may not be shown yet."""
        found = await self._call("open orders", self._exchange.open_orders)
        if self._hostility.strikes("order-hidden", "open orders"):
            return tuple(one for one in found if self._clock.now() - one.created_at > LAG)
        return found

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """Fills of an order; young ones may not be shown yet."""
        found = await self._call("fills", lambda: self._exchange.fills(exchange_id, since))
        return self._shown(found, "fills")

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Fills of the account; young ones may not be shown yet."""
        found = await self._call("account fills", lambda: self._exchange.account_fills(since))
        return self._shown(found, "account fills")

    def _shown(self, fills: tuple[Fill, ...], step: str) -> tuple[Fill, ...]:
        if fills and self._hostility.strikes("fills-lag", step):
            return tuple(one for one in fills if self._clock.now() - one.at > LAG)
        return fills

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Place an order over a line that may lose the request, or the answer to it."""
        await self._arrive()
        strikes = self._hostility.strikes
        self._hostility.die("before", "place")
        if strikes("request-lost", "place"):
            raise InDoubt("read timeout; the request never arrived")
        if strikes("request-late", "place"):
            delay = self._hostility.chance("request-late").randint(1, 60) * SECOND
            self._late.append((self._clock.now() + delay, order, nonce))
            raise InDoubt("read timeout; the request is still on its way")
        if strikes("nonce-refused", "place"):
            raise Retryable("HTTP 401: Nonce must be incremented")
        self._fail_to_place()
        exchange_id = await self._exchange.place(order, nonce)
        self._hostility.die("after", "place")
        if strikes("reply-lost", "place"):
            raise InDoubt("read timeout; the order was accepted")
        return exchange_id

    def _fail_to_place(self) -> None:
        """An error page instead of an answer says nothing about the order."""
        try:
            self._hostility.fail("place", "exchange")
        except Retryable as failure:
            if "429" in str(failure):
                raise
            raise InDoubt(str(failure)) from failure
