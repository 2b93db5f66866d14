"""When an order meets the market, and what it gets there."""

from collections.abc import Mapping
from decimal import Decimal

import attrs

from adapters.exchange.coincheck_fake.market import Market
from adapters.exchange.coincheck_fake.orders import FillRow, Order
from adapters.exchange.coincheck_fake.rules import CoinRule
from domain.money import round_down


@attrs.frozen(slots=True, weakref_slot=False)
class Trade:
    """Coins of an order at a rate and a time, yen without fee, and the fee in yen."""

    at: int
    rate: Decimal
    coins: Decimal
    funds: Decimal
    fee: Decimal


def meeting(order: Order, market: Market, now: int) -> tuple[int, Decimal] | None:
    """(time, rate) of the next trade of an order by now (ms); None when there is none yet."""
    if order.next_at > now:
        return None
    traded = market.first_after(order.pair, order.next_at - 1)
    if traded is None or traded[0] > now:
        return None
    at, middle = traded
    if order.is_market:
        worse = order.terms.spread_of(order.pair) / 2 + order.terms.slippage
        return at, middle * (1 + worse if order.is_buy else 1 - worse)
    if crosses(order, middle):
        return at, _rate(order)
    last = market.last(order.pair, now)
    return (now, _rate(order)) if last is not None and crosses(order, last) else None


def crosses(order: Order, middle: Decimal) -> bool:
    """Whether the other side of the book reaches a limit order's rate."""
    bid, ask = order.terms.bid_ask(middle, order.pair)
    return ask <= _rate(order) if order.is_buy else bid >= _rate(order)


def trade(order: Order, at: int, rate: Decimal, rules: Mapping[str, CoinRule]) -> Trade | None:
    """The next part of an order at a rate; None when it is too small for the smallest coin."""
    decimals = rules[order.pair].decimals
    fee_rate = order.terms.fee(order.pair)
    part = next_part(order, decimals)
    coins = round_down(part / (1 + fee_rate) / rate, decimals) if order.in_yen else part
    if coins <= 0:
        return None
    funds = coins * rate
    return Trade(at, rate, coins, funds, funds * fee_rate)


def row_of(order: Order, traded: Trade, number: int) -> FillRow:
    """A trade as the account sees it: signed, and net of the fee."""
    sign = 1 if order.is_buy else -1
    return FillRow(
        id=number,
        order_id=order.id,
        pair=order.pair,
        is_buy=order.is_buy,
        at=traded.at,
        rate=traded.rate,
        coins=sign * traded.coins,
        jpy=-sign * traded.funds - traded.fee,
        fee=traded.fee,
        liquidity="T" if order.is_market else "M",
    )


def next_part(order: Order, decimals: int) -> Decimal:
    """The size of the next part; the last one takes all that is left."""
    if order.parts_left <= 1:
        return order.left
    return round_down(order.left / order.parts_left, 0 if order.in_yen else decimals)


def _rate(order: Order) -> Decimal:
    assert order.wanted.rate is not None
    return order.wanted.rate
