"""From the exchange's payloads to the port's values.

A pair that is not configured keeps the exchange's own name (`mona_jpy`): somebody traded it by
hand, and its yen still explain the balance.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from adapters.exchange.coincheck.payloads import (
    AcceptedPayload,
    AccountPayload,
    BalancePayload,
    MarketStatus,
    OpenOrder,
    OpensPayload,
    OrderPayload,
    StatusPayload,
    TickerPayload,
    Transaction,
    TransactionsPayload,
    believed,
)
from application.errors import Broken
from application.ports.exchange import Balances, Fill, PlacedOrder, PlacedState
from domain.events import Side
from domain.instruments import Instruments
from domain.money import Jpy

PAGE: Final = 25
"""The exchange gives no longer page, whatever is asked."""

_STATES: Final = {
    "NEW": PlacedState.OPEN,
    "WAITING_FOR_TRIGGER": PlacedState.OPEN,
    "PARTIALLY_FILLED": PlacedState.OPEN,
    "FILLED": PlacedState.FILLED,
    "CANCELED": PlacedState.EXPIRED,
    "EXPIRED": PlacedState.EXPIRED,
    "PARTIALLY_FILLED_CANCELED": PlacedState.EXPIRED,
    "PARTIALLY_FILLED_EXPIRED": PlacedState.EXPIRED,
}
_ROUNDING: Final = Decimal("0.01")
"""Share by which yen moved may differ from price times quantity."""

PairName = Callable[[str], str]
"""The analysis key of one of the exchange's pairs."""


def pair_names(instruments: Instruments) -> PairName:
    """Exchange's pair -> analysis key, or the exchange's own name where none is configured."""
    known = {one.coincheck: one.pair for one in instruments}
    return lambda pair: known.get(pair, pair)


def ticker(value: Any) -> TickerPayload:
    """Last price, bid, ask and their time. Raises Broken."""
    read = believed(TickerPayload, value, "ticker")
    for name, price in (("last", read.last), ("bid", read.bid), ("ask", read.ask)):
        if price <= 0:
            raise Broken(f"ticker: {name} {price} is not positive")
    if read.bid > read.ask:
        raise Broken(f"ticker: bid {read.bid} is above ask {read.ask}")
    return read


def balances(instruments: Instruments) -> Callable[[Any], Balances]:
    """A reader of balances. A configured coin or the yen missing is Broken, not zero.

    A zero that is not there could prove an order that does not exist.
    """

    def read(value: Any) -> Balances:
        held = believed(BalancePayload, value, "balance")
        coins = {one.pair: one.coincheck.partition("_")[0] for one in instruments}
        return Balances(
            Jpy(held.amount("jpy")),
            Jpy(held.amount("jpy_reserved")),
            {pair: held.amount(coin) for pair, coin in coins.items()},
            {pair: held.amount(f"{coin}_reserved") for pair, coin in coins.items()},
        )

    return read


def taker_fees(value: Any) -> dict[str, Decimal]:
    """Fractions by the exchange's pair, from per cents. Raises Broken."""
    fees = believed(AccountPayload, value, "account").exchange_fees
    found = {pair: rates.taker_fee_rate / 100 for pair, rates in fees.items()}
    for pair, fee in found.items():
        if not 0 <= fee < Decimal("0.05"):
            raise Broken(f"account: exchange_fees.{pair}.taker_fee_rate: {fee} is no fee")
    return found


def market_status(coincheck: str) -> Callable[[Any], MarketStatus]:
    """A reader of one pair's status."""

    def read(value: Any) -> MarketStatus:
        for one in believed(StatusPayload, value, "exchange_status").exchange_status:
            if one.pair == coincheck:
                return one
        raise Broken(f"exchange_status: {coincheck} is missing")

    return read


def accepted(fields: dict[str, str]) -> Callable[[Any], str]:
    """A reader of the reply to an order of these fields: its id."""

    def read(value: Any) -> str:
        reply = believed(AcceptedPayload, value, "order reply")
        for name, told in (("pair", reply.pair), ("order_type", reply.order_type)):
            if told is not None and told != fields[name]:
                raise Broken(f"order reply: {name} is {told!r}, and {fields[name]!r} was sent")
        return reply.id

    return read


def placed_order(exchange_id: str, name: PairName) -> Callable[[Any], PlacedOrder]:
    """A reader of one order's details.

    What a limit order asks for is not told, so that none is ever taken for one of ours.
    """

    def read(value: Any) -> PlacedOrder:
        order = believed(OrderPayload, value, "order")
        if order.id != exchange_id:
            raise Broken(f"order: id is {order.id}, and {exchange_id} was asked for")
        if order.status not in _STATES:
            raise Broken(f"order {exchange_id}: status {order.status!r} is unknown")
        side = _side(order.order_type)
        is_market = order.rate is None or order.order_type.startswith("market_")
        amount, quantity = _asked(order, side) if is_market else (None, None)
        if side is Side.BUY:
            executed = order.executed_market_buy_amount if is_market else None
        else:
            executed = order.executed_amount
        for field, number in (("amount", quantity or amount), ("executed", executed)):
            if number is not None and number < 0:
                raise Broken(f"order {exchange_id}: {field} {number} is negative")
        return PlacedOrder(
            order.id,
            name(order.pair),
            side,
            None if amount is None else Jpy(amount),
            quantity,
            _STATES[order.status],
            executed,
            order.created_at,
        )

    return read


def open_orders(name: PairName) -> Callable[[Any], tuple[PlacedOrder, ...]]:
    """A reader of open market orders, oldest first; what they asked for, `order` tells."""

    def read(value: Any) -> tuple[PlacedOrder, ...]:
        rows = believed(OpensPayload, value, "open orders").orders
        return tuple(_open(one, name) for one in sorted(rows, key=_number) if one.rate is None)

    return read


def page(value: Any) -> tuple[list[Transaction], int]:
    """The rows of one page of fills, and how many make it a full one. Raises Broken."""
    read = believed(TransactionsPayload, value, "fills")
    if read.pagination.limit < 1:
        raise Broken(f"fills: pagination.limit {read.pagination.limit} is no length of a page")
    return read.data, min(read.pagination.limit, PAGE)


def fills(rows: Iterable[Transaction], since: int, name: PairName) -> tuple[Fill, ...]:
    """Rows from `since` (ms) on, oldest first. Raises Broken."""
    found = [_fill(one, name) for one in sorted(rows, key=_number) if one.created_at >= since]
    return tuple(sorted(found, key=lambda one: one.at))


def _number(row: OpenOrder | Transaction) -> int:
    return int(row.id)


def _side(order_type: str) -> Side:
    return Side.BUY if order_type.endswith("buy") else Side.SELL


def _asked(order: OrderPayload, side: Side) -> tuple[Decimal | None, Decimal | None]:
    """Yen of a market buy, or coins of a market sell. Raises Broken where they are not told.

    An order whose size is unknown would be passed over as somebody else's while its fills
    explain the balance: it would seem never to have been placed.
    """
    if side is Side.BUY:
        if order.market_buy_amount is None:
            raise Broken(f"order {order.id}: market_buy_amount is missing")
        return order.market_buy_amount, None
    if order.amount is not None:
        return None, order.amount
    if _STATES[order.status] is PlacedState.OPEN or order.executed_amount is None:
        raise Broken(f"order {order.id}: amount is missing")
    return None, order.executed_amount + (order.expired_amount or 0)


def _open(row: OpenOrder, name: PairName) -> PlacedOrder:
    return PlacedOrder(
        row.id,
        name(row.pair),
        _side(row.order_type),
        None,
        None,
        PlacedState.OPEN,
        None,
        row.created_at,
    )


def _fill(row: Transaction, name: PairName) -> Fill:
    """Signs off, fee apart: what was moved with the fee is funds + fee, or funds - fee.

    A fee in the pair's own coin has left the coins already; its worth in yen is split from the
    funds, so that coins and yen moved stay exactly what the exchange tells.
    """
    where = f"fills: {row.id}"
    coin, _, quote = row.pair.partition("_")
    if quote != "jpy" or not coin:
        raise Broken(f"{where}: pair {row.pair!r} is not traded for yen")
    if not {coin, "jpy"} <= row.funds.keys():
        raise Broken(f"{where}: funds have no {coin} or no jpy")
    side = Side.BUY if row.side == "buy" else Side.SELL
    sign = 1 if side is Side.BUY else -1
    coins, yen = row.funds[coin] * sign, row.funds["jpy"] * -sign
    if coins <= 0 or yen <= 0 or row.rate <= 0:
        raise Broken(
            f"{where}: funds {coin} {row.funds[coin]}, jpy {row.funds['jpy']} at {row.rate} "
            f"are not those of a {row.side}"
        )
    fee = row.fee or Decimal(0)
    currency = (row.fee_currency or "jpy").lower()
    if currency == coin:
        fee *= row.rate
    elif fee and currency != "jpy":
        raise Broken(f"{where}: fee_currency {row.fee_currency!r} is neither JPY nor {coin}")
    funds = yen - sign * fee
    expected = row.rate * coins
    if abs(funds - expected) > max(expected * _ROUNDING, Decimal(1)):
        raise Broken(f"{where}: funds {funds} JPY are not rate {row.rate} times {coins} {coin}")
    return Fill(
        row.id,
        row.order_id,
        name(row.pair),
        side,
        coins,
        Jpy(row.rate),
        Jpy(funds),
        Jpy(fee),
        row.created_at,
    )
