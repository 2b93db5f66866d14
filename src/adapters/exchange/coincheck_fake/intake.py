"""The fields of a new order, read and judged."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.exchange.coincheck_fake.orders import OrderType, Wanted
from adapters.exchange.coincheck_fake.rules import (
    LEAST_JPY,
    CoinRule,
    NoSuchPageError,
    RefusedError,
    coin_of,
)

TIMES_IN_FORCE = ("good_til_cancelled", "post_only")


def read_order(fields: Mapping[str, Any], rules: Mapping[str, CoinRule]) -> Wanted:
    """What the fields ask for. Raises RefusedError (400), NoSuchPageError for a pair."""
    pair = str(fields.get("pair"))
    if pair not in rules:
        raise NoSuchPageError
    try:
        order_type = OrderType(str(fields.get("order_type")))
    except ValueError:
        raise RefusedError(400, "Order type is invalid") from None
    if fields.get("stop_loss_rate") not in (None, ""):
        raise RefusedError(400, "Stop loss rate is not available")
    in_force = fields.get("time_in_force") or TIMES_IN_FORCE[0]
    if in_force not in TIMES_IN_FORCE:
        raise RefusedError(400, "Time in force is invalid")
    is_market = order_type in (OrderType.MARKET_BUY, OrderType.MARKET_SELL)
    rate = None if is_market else _number(fields, "rate", "Rate")
    if order_type is OrderType.MARKET_BUY:
        if fields.get("amount") is not None:
            raise RefusedError(400, "Amount cannot be given for a market buy")
        spent = _number(fields, "market_buy_amount", "Market buy amount")
        if spent < LEAST_JPY:
            raise RefusedError(400, f"Amount 量が最低量({LEAST_JPY} JPY)を下回っています")
        return Wanted(
            pair=pair, order_type=order_type, market_buy_amount=spent, time_in_force=in_force
        )
    amount = _number(fields, "amount", "Amount")
    _judge_coins(pair, amount, rules[pair])
    if rate is not None and amount * rate < LEAST_JPY:
        raise RefusedError(400, f"Amount 量が最低量({LEAST_JPY} JPY)を下回っています")
    return Wanted(
        pair=pair, order_type=order_type, rate=rate, amount=amount, time_in_force=in_force
    )


def _judge_coins(pair: str, amount: Decimal, rule: CoinRule) -> None:
    if amount < rule.minimum:
        coin = coin_of(pair).upper()
        raise RefusedError(400, f"Amount 量が最低量({rule.minimum} {coin})を下回っています")
    if amount != round(amount, rule.decimals):
        raise RefusedError(400, f"Amount has more than {rule.decimals} decimals")


def _number(fields: Mapping[str, Any], name: str, label: str) -> Decimal:
    value = fields.get(name)
    if value is None or value == "" or isinstance(value, bool):
        raise RefusedError(400, f"{label} を入力してください")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise RefusedError(400, f"{label} は数値で入力してください") from None
    if not number.is_finite() or number <= 0 or number >= Decimal("1e15"):
        raise RefusedError(400, f"{label} は数値で入力してください")
    return number
