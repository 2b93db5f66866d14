"""PaperExchange: the simulated account on live prices, remembered across restarts."""

from decimal import Decimal
from typing import Any

from adapters.exchange.paper.journal import Journal
from adapters.exchange.paper.live_prices import LivePrices, PriceSource
from adapters.exchange.simulated.exchange import SimulatedExchange
from adapters.exchange.simulated.matching import FillAssumptions, RestingOrder
from application.errors import InputError
from application.ports.clock import Clock
from application.ports.exchange import (
    Balances,
    Fill,
    MarketOrder,
    PlacedOrder,
    PlacedState,
    Quote,
)
from domain.events import Side
from domain.instruments import Instruments
from domain.money import Jpy


class PaperExchange(SimulatedExchange):
    """Orders meet the first trade seen after them, as in a backtest; no money moves.

    `cash` is what a new journal begins with; one that exists goes on with its own. Raises
    InputError for a journal that cannot be read or knows a coin that is not traded any more.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        source: PriceSource,
        journal: Journal,
        instruments: Instruments,
        cash: Jpy,
        terms: FillAssumptions,
    ) -> None:
        self._live = LivePrices(source)
        self._source = source
        self._journal = journal
        entries = list(journal.entries())
        if entries:
            cash = Jpy(Decimal(entries[0]["cash"]))
        else:
            journal.add(what="opened", cash=str(cash.amount))
        super().__init__(
            clock=clock, prices=self._live, instruments=instruments, cash=cash, terms=terms
        )
        self._written: dict[str, int] = {}
        for entry in entries[1:]:
            self._restore(entry)
        self._open = [one for one in self.history.values() if one.state is PlacedState.OPEN]

    async def price(self, pair: str) -> Jpy:
        """The last trade. Raises Retryable or Broken."""
        await self._live.refresh(pair)
        return await super().price(pair)

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask, as they are. Raises Retryable or Broken."""
        return await self._source.quote(pair)

    async def balances(self) -> Balances:
        """What the paper account holds."""
        await self._look()
        return await super().balances()

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Accept a market order, on the journal before it counts."""
        await self._look()
        return await super().place(order, nonce)

    async def order(self, exchange_id: str) -> PlacedOrder:
        """What became of an order."""
        await self._look()
        return await super().order(exchange_id)

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """Orders that still can fill."""
        await self._look()
        return await super().open_orders()

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """Fills of an order."""
        await self._look()
        return await super().fills(exchange_id, since)

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Fills of all orders."""
        await self._look()
        return await super().account_fills(since)

    async def _look(self) -> None:
        """See the prices that open orders wait for."""
        for pair in dict.fromkeys(one.order.pair for one in self._open):
            await self._live.refresh(pair)

    def _accept(self, order: MarketOrder, nonce: int) -> str:
        number = super()._accept(order, nonce)
        self._journal.add(
            what="order",
            id=number,
            pair=order.pair,
            side=order.side.value,
            amount=None if order.amount is None else str(order.amount.amount),
            quantity=None if order.quantity is None else str(order.quantity),
            placed_at=self.history[number].placed_at,
            nonce=nonce,
        )
        return number

    def _settle(self) -> None:
        """Let the market have happened, and write down what it did."""
        waiting = list(self._open)
        super()._settle()
        for resting in waiting:
            for fill in resting.fills[self._written.get(resting.id, 0) :]:
                self._journal.add(
                    what="fill",
                    order=resting.id,
                    quantity=str(fill.quantity),
                    price=str(fill.price.amount),
                    funds=str(fill.funds.amount),
                    fee=str(fill.fee.amount),
                    at=fill.at,
                )
            self._written[resting.id] = len(resting.fills)
            if resting.state is not PlacedState.OPEN:
                self._journal.add(what="ended", order=resting.id, state=resting.state.value)

    def _restore(self, entry: dict[str, Any]) -> None:
        try:
            match entry["what"]:
                case "order":
                    self._restore_order(entry)
                case "fill":
                    self._restore_fill(entry, self.history[entry["order"]])
                case _:
                    self._restore_end(entry, self.history[entry["order"]])
        except (KeyError, ValueError, ArithmeticError) as error:
            text = f"the paper account's journal cannot go on at {entry}: {error!r}"
            raise InputError(text) from None

    def _restore_order(self, entry: dict[str, Any]) -> None:
        amount, quantity = entry["amount"], entry["quantity"]
        order = MarketOrder(
            entry["pair"],
            Side(entry["side"]),
            None if amount is None else Jpy(Decimal(amount)),
            None if quantity is None else Decimal(quantity),
        )
        wanted = Decimal(amount if amount is not None else quantity)
        if order.side is Side.BUY:
            self._account.reserve_jpy(wanted)
        else:
            self._account.reserve_coins(order.pair, wanted)
        self.history[entry["id"]] = RestingOrder(
            id=entry["id"],
            order=order,
            instrument=self._instruments[order.pair],
            placed_at=entry["placed_at"],
            next_at=entry["placed_at"] + max(1, self._terms.latency_ms),
            left=wanted,
            parts_left=self._terms.parts,
            terms=self._terms,
            nonce=entry["nonce"],
        )
        self._accepted = self._nonce = max(self._nonce, entry["nonce"])

    def _restore_fill(self, entry: dict[str, Any], resting: RestingOrder) -> None:
        quantity, funds, fee = (Decimal(entry[name]) for name in ("quantity", "funds", "fee"))
        pair, side = resting.order.pair, resting.order.side
        if side is Side.BUY:
            self._account.buy(pair, quantity, funds + fee)
            resting.left -= funds + fee
        else:
            self._account.sell(pair, quantity, funds - fee)
            resting.left -= quantity
        number = f"{resting.id}-{len(resting.fills) + 1}"
        price = Jpy(Decimal(entry["price"]))
        resting.fills.append(
            Fill(number, resting.id, pair, side, quantity, price, Jpy(funds), Jpy(fee), entry["at"])
        )
        resting.parts_left -= 1
        resting.next_at = entry["at"] + self._terms.part_every_ms
        self._written[resting.id] = len(resting.fills)

    def _restore_end(self, entry: dict[str, Any], resting: RestingOrder) -> None:
        if resting.left:
            if resting.order.side is Side.BUY:
                self._account.release_jpy(resting.left)
            else:
                self._account.release_coins(resting.order.pair, resting.left)
            resting.left = Decimal(0)
        resting.state = PlacedState(entry["state"])
