"""How a simulated market order fills: later, in one or several parts, at a worse price."""

from collections.abc import Iterator
from decimal import Decimal

import attrs

from adapters.exchange.simulated.account import Account
from adapters.exchange.simulated.prices import SimulatedPrices
from application.ports.exchange import Fill, MarketOrder, PlacedOrder, PlacedState
from domain.events import Side
from domain.instruments import Instrument
from domain.money import Jpy, round_down


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class FillAssumptions:
    """What trading costs and how long it takes in a simulated world.

    `spread` is (ask - bid) / middle, `slippage` an extra fraction of the price paid by every
    market order, `fee` the taker's fraction; an order meets the market `latency_ms` after it
    was placed and fills in `parts` equal parts, `part_every_ms` apart. With `parts_filled` it
    expires after so many of them.
    """

    spread: Decimal = Decimal("0.001")
    slippage: Decimal = Decimal("0.0005")
    fee: Decimal = Decimal(0)
    latency_ms: int = 500
    parts: int = 1
    part_every_ms: int = 2_000
    parts_filled: int | None = None


@attrs.define(slots=True)
class RestingOrder:
    """An order on the simulated book and what is left of it."""

    id: str
    order: MarketOrder
    instrument: Instrument
    placed_at: int
    next_at: int
    left: Decimal
    """Yen of a buy (fee included) or coins of a sell, still to be traded."""
    parts_left: int
    terms: FillAssumptions
    nonce: int
    """The number that the request carried; 0 for one that was not placed through this plug."""
    fills: list[Fill] = attrs.Factory(list)
    state: PlacedState = PlacedState.OPEN

    @property
    def part(self) -> Decimal:
        """The size of the next part; the last one takes all that is left."""
        if self.parts_left <= 1:
            return self.left
        decimals = 0 if self.order.side is Side.BUY else self.instrument.decimals
        return round_down(self.left / self.parts_left, decimals)

    def told(self) -> PlacedOrder:
        """The order as the exchange tells of it."""
        order = self.order
        is_buy = order.side is Side.BUY
        executed = sum(
            ((one.funds + one.fee).amount if is_buy else one.quantity for one in self.fills),
            Decimal(0),
        )
        return PlacedOrder(
            self.id,
            order.pair,
            order.side,
            order.amount,
            order.quantity,
            self.state,
            executed,
            self.placed_at,
        )


def fills_due(
    resting: RestingOrder, now: int, prices: SimulatedPrices, account: Account
) -> Iterator[Fill]:
    """Trade every part that is due by `now` (ms) against the recorded market."""
    pair, terms = resting.order.pair, resting.terms
    last = 0 if terms.parts_filled is None else terms.parts - terms.parts_filled
    while resting.state is PlacedState.OPEN and resting.next_at <= now:
        traded = prices.first_after(pair, resting.next_at - 1)
        if traded is None or traded[0] > now:
            return  # nobody has traded since: it waits for the market
        at, middle = traded
        fill = _trade(resting, at, middle, account)
        if fill is not None:
            resting.fills.append(fill)
            yield fill
        resting.next_at = at + terms.part_every_ms
        resting.parts_left -= 1
        if resting.parts_left <= last:
            _end(resting, account)


def _trade(resting: RestingOrder, at: int, middle: Decimal, account: Account) -> Fill | None:
    terms = resting.terms
    is_buy = resting.order.side is Side.BUY
    worse = terms.spread / 2 + terms.slippage
    price = middle * (1 + worse if is_buy else 1 - worse)
    part = resting.part
    if is_buy:
        quantity = round_down(part / (1 + terms.fee) / price, resting.instrument.decimals)
    else:
        quantity = part
    if quantity <= 0:
        return None
    funds = quantity * price
    fee = funds * terms.fee
    if is_buy:
        account.buy(resting.order.pair, quantity, funds + fee)
        resting.left -= funds + fee
    else:
        account.sell(resting.order.pair, quantity, funds - fee)
        resting.left -= quantity
    number = len(resting.fills) + 1
    return Fill(
        f"{resting.id}-{number}",
        resting.id,
        resting.order.pair,
        resting.order.side,
        quantity,
        Jpy(price),
        Jpy(funds),
        Jpy(fee),
        at,
    )


def _end(resting: RestingOrder, account: Account) -> None:
    """All parts are through: the yen that bought nothing go back, and the order is over."""
    cut = resting.parts_left > 0
    if resting.left:
        if resting.order.side is Side.BUY:
            account.release_jpy(resting.left)
        else:
            account.release_coins(resting.order.pair, resting.left)
        resting.left = Decimal(0)
    is_whole = resting.fills and not cut
    resting.state = PlacedState.FILLED if is_whole else PlacedState.EXPIRED
