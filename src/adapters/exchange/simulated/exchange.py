"""SimulatedExchange: the promises of the exchange port, kept against recorded prices."""

from decimal import Decimal

from adapters.exchange.simulated.account import Account
from adapters.exchange.simulated.matching import FillAssumptions, RestingOrder, fills_due
from adapters.exchange.simulated.prices import SimulatedPrices
from application.errors import Refused, Retryable
from application.ports.clock import Clock
from application.ports.exchange import Balances, Fill, MarketOrder, PlacedOrder, PlacedState, Quote
from domain.events import Side
from domain.instruments import Instruments
from domain.money import Jpy, round_down
from domain.quick import maker

LEAST_JPY = Decimal(500)
_jpy = maker(Jpy)


class SimulatedExchange:
    """One account on a market that trades at recorded prices.

    Orders are numbered, meet the market after the latency and fill there, in parts if so
    assumed. `history` is what a real exchange would show: the ground truth of a run.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        prices: SimulatedPrices,
        instruments: Instruments,
        cash: Jpy,
        terms: FillAssumptions,
    ) -> None:
        self._clock = clock
        self._prices = prices
        self._instruments = {one.pair: one for one in instruments}
        self._account = Account(instruments.pairs, cash)
        self._terms = terms
        self._open: list[RestingOrder] = []
        self._nonce = 0
        self._accepted = 0
        self.history: dict[str, RestingOrder] = {}

    async def price(self, pair: str) -> Jpy:
        """Last price in JPY. Raises Retryable before the first trade."""
        price = self._prices.last(pair, self._clock.now())
        if price is None:
            raise Retryable(f"{pair} has not traded yet")
        return _jpy(price)

    async def quote(self, pair: str) -> Quote:
        """Bid and ask around the last price. Raises Retryable before the first trade."""
        middle = (await self.price(pair)).amount
        half = self._terms.spread / 2
        return Quote(Jpy(middle * (1 - half)), Jpy(middle * (1 + half)))

    async def balances(self) -> Balances:
        """What the account holds now."""
        self._settle()
        self._accepted = self._nonce = self._nonce + 1
        return self._account.balances()

    def holdings(self) -> tuple[Decimal, dict[str, Decimal]]:
        """(all yen, coins by pair where there are any), free or reserved: the ground truth."""
        self._settle()
        return self._account.holdings()

    async def taker_fee(self, pair: str) -> Decimal:
        """The assumed fee, the same for all pairs."""
        del pair
        return self._terms.fee

    async def nonce(self) -> int:
        """The next number."""
        self._nonce += 1
        return self._nonce

    async def place(self, order: MarketOrder, nonce: int) -> str:
        """Accept a market order.

        Raises Refused under the minimum or without the funds, Retryable for an old nonce.
        """
        self._settle()
        if nonce <= self._accepted:
            raise Retryable(f"nonce {nonce} must be larger than {self._accepted}")
        self._accepted = nonce
        return self._accept(order, nonce)

    def trade_by_hand(self, order: MarketOrder) -> str:
        """What the account's owner does on the website, past this plug. Raises Refused."""
        self._settle()
        return self._accept(order, 0)

    def terms_of(self, order: MarketOrder) -> FillAssumptions:
        """How an order is going to be filled."""
        del order
        return self._terms

    def _accept(self, order: MarketOrder, nonce: int) -> str:
        instrument = self._instruments[order.pair]
        if order.side is Side.BUY:
            wanted = order.amount.amount if order.amount else Decimal(0)
            if wanted < LEAST_JPY:
                raise Refused(f"market_buy_amount {wanted} is under {LEAST_JPY} JPY")
            self._account.reserve_jpy(wanted)
        else:
            wanted = order.quantity or Decimal(0)
            if wanted < instrument.min_amount:
                raise Refused(f"amount {wanted} is under {instrument.min_amount}")
            if wanted != round_down(wanted, instrument.decimals):
                raise Refused(f"amount {wanted} has more than {instrument.decimals} decimals")
            self._account.reserve_coins(order.pair, wanted)
        number = str(len(self.history) + 1)
        terms = self.terms_of(order)
        resting = RestingOrder(
            id=number,
            order=order,
            instrument=instrument,
            placed_at=self._clock.now(),
            next_at=self._clock.now() + max(1, terms.latency_ms),
            left=wanted,
            parts_left=terms.parts,
            terms=terms,
            nonce=nonce,
        )
        self.history[number] = resting
        self._open.append(resting)
        return number

    async def order(self, exchange_id: str) -> PlacedOrder:
        """What became of an order."""
        self._settle()
        return self._order(exchange_id).told()

    async def open_orders(self) -> tuple[PlacedOrder, ...]:
        """Orders that still can fill, oldest first."""
        self._settle()
        return tuple(one.told() for one in self._open)

    async def fills(self, exchange_id: str, since: int) -> tuple[Fill, ...]:
        """Fills of an order so far."""
        self._settle()
        order = self.history.get(exchange_id)
        return tuple(one for one in order.fills if one.at >= since) if order else ()

    async def account_fills(self, since: int) -> tuple[Fill, ...]:
        """Fills of all orders so far, oldest first."""
        self._settle()
        made = (one for order in self.history.values() for one in order.fills)
        return tuple(sorted((one for one in made if one.at >= since), key=lambda one: one.at))

    def _order(self, exchange_id: str) -> RestingOrder:
        try:
            return self.history[exchange_id]
        except KeyError:
            raise Refused(f"there is no order {exchange_id!r}") from None

    def _settle(self) -> None:
        """Let the market have happened up to now."""
        if not self._open:
            return
        now = self._clock.now()
        for resting in self._open:
            for _ in fills_due(resting, now, self._prices, self._account):
                pass
        self._open = [one for one in self._open if one.state is PlacedState.OPEN]
