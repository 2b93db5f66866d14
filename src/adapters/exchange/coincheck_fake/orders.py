"""Orders and fills as the venue knows them."""

from decimal import Decimal
from enum import StrEnum

import attrs

from adapters.exchange.coincheck_fake.rules import ZERO, Terms, coin_of
from domain.money import round_down


class OrderType(StrEnum):
    """What `order_type` may say."""

    BUY = "buy"
    SELL = "sell"
    MARKET_BUY = "market_buy"
    MARKET_SELL = "market_sell"


class Status(StrEnum):
    """How far an order has come."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    PARTIALLY_FILLED_CANCELED = "PARTIALLY_FILLED_CANCELED"
    PARTIALLY_FILLED_EXPIRED = "PARTIALLY_FILLED_EXPIRED"


OPEN = (Status.NEW, Status.PARTIALLY_FILLED)


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Wanted:
    """An order as it was asked for, with numbers that were read and judged."""

    pair: str
    order_type: OrderType
    rate: Decimal | None = None
    amount: Decimal | None = None
    market_buy_amount: Decimal | None = None
    time_in_force: str = "good_til_cancelled"

    @property
    def size(self) -> Decimal:
        """Yen of a market buy, coins of all others."""
        return self.market_buy_amount or self.amount or ZERO


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class FillRow:
    """One fill: signed changes of the account, net of the fee (JPY)."""

    id: int
    order_id: int
    pair: str
    is_buy: bool
    at: int
    rate: Decimal
    coins: Decimal
    jpy: Decimal
    fee: Decimal
    liquidity: str


@attrs.define(slots=True, weakref_slot=False, kw_only=True)
class Order:
    """One order and what has become of it."""

    id: int
    wanted: Wanted
    placed_at: int
    terms: Terms
    next_at: int
    """When it meets the market next (ms)."""
    left: Decimal
    """Yen of a market buy (fee included) or coins, still to be traded."""
    beyond: Decimal
    """The part of it that no one will trade: it expires."""
    reserved: Decimal
    """Of its funds, what it holds still."""
    parts_left: int
    nonce: int | None = None
    """None for an order that the owner placed by hand."""
    key: str | None = None
    status: Status = Status.NEW
    ended_at: int | None = None
    expired_type: str | None = None
    expired: Decimal = ZERO
    fills: list[FillRow] = attrs.Factory(list)

    @property
    def pair(self) -> str:
        """Such as `btc_jpy`."""
        return self.wanted.pair

    @property
    def is_buy(self) -> bool:
        """Whether it gives yen for coins."""
        return self.wanted.order_type in (OrderType.BUY, OrderType.MARKET_BUY)

    @property
    def is_market(self) -> bool:
        """Whether it takes any price."""
        return self.wanted.order_type in (OrderType.MARKET_BUY, OrderType.MARKET_SELL)

    @property
    def in_yen(self) -> bool:
        """Whether its size is yen: a market buy."""
        return self.wanted.order_type is OrderType.MARKET_BUY

    @property
    def is_open(self) -> bool:
        """Whether it still can fill."""
        return self.status in OPEN

    @property
    def pays_with(self) -> str:
        """The currency that it reserves."""
        return "jpy" if self.is_buy else coin_of(self.pair)

    @property
    def executed(self) -> Decimal:
        """Yen spent of a market buy (fee included), coins traded of all others."""
        return sum((-one.jpy if self.in_yen else abs(one.coins) for one in self.fills), ZERO)


def new_order(wanted: Wanted, terms: Terms, number: int, now: int, decimals: int) -> Order:
    """An order that has just come in, with the funds that it needs."""
    is_market = wanted.rate is None
    left = wanted.size
    if is_market and terms.filled_share != 1:
        left = round_down(left * terms.filled_share, 0 if wanted.market_buy_amount else decimals)
    needed = wanted.size
    if wanted.rate is not None and wanted.order_type is OrderType.BUY:
        needed = wanted.size * wanted.rate * (1 + terms.fee(wanted.pair))
    return Order(
        id=number,
        wanted=wanted,
        placed_at=now,
        terms=terms,
        next_at=now + max(1, terms.latency_ms),
        left=left,
        beyond=wanted.size - left,
        reserved=needed,
        parts_left=terms.parts if is_market else 1,
    )
