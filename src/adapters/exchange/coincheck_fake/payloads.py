"""The shapes of the answers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from adapters.exchange.coincheck_fake.ledger import Held
from adapters.exchange.coincheck_fake.orders import FillRow, Order, Status
from adapters.exchange.coincheck_fake.rules import ZERO, Terms, coin_of
from domain.instant import SECOND, to_datetime

NOTHING = (
    ("lending", "0"),
    ("lend_in_use", "0.0"),
    ("lent", "0.0"),
    ("debt", "0.0"),
    ("tsumitate", "0"),
)
Json = dict[str, Any]
_LEVEL_DIGITS = 7
"""A level of the book is worth some 10^7 yen."""


def text(value: Decimal) -> str:
    """Plain digits with at least one decimal and no idle zeros: `663810.0`."""
    if value == 0:
        return "0.0"
    whole, _, decimals = format(value, "f").partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"


def number(value: Decimal) -> Decimal:
    """The same digits, for a number without quotes."""
    return Decimal(text(value))


def second(moment: int) -> str:
    """`2025-09-29T14:50:21.000Z`: no time is finer than a second."""
    return to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _or_null(value: Decimal | None) -> str | None:
    return None if value is None else text(value)


def ticker(pair: str, last: Decimal, terms: Terms, moment: int, *, outside: bool = False) -> Json:
    """Prices as JSON numbers; `outside` puts the last one under the bid."""
    bid, ask = terms.bid_ask(last, pair)
    shown = bid - (ask - bid) if outside else last
    return {
        "last": number(shown),
        "bid": number(bid),
        "ask": number(ask),
        "high": number(max(ask, last * Decimal("1.01"))),
        "low": number(min(shown, last * Decimal("0.99"))),
        "volume": Decimal("433.50778"),
        "timestamp": moment // SECOND,
    }


def order_books(pair: str, last: Decimal, terms: Terms) -> Json:
    """Five made-up levels on either side, worth some million yen unless the pair's is thin."""
    bid, ask = terms.bid_ask(last, pair)
    step = last / 1_000
    # so many more coins as they are cheaper
    share = Decimal(10) ** max(0, _LEVEL_DIGITS - last.adjusted()) * terms.depths.get(pair, 1)
    sizes = [Decimal(size) * share for size in ("0.7", "0.199", "1.2", "2.5", "11.38095078")]
    return {
        "asks": [[text(ask + step * n), text(size)] for n, size in enumerate(sizes)],
        "bids": [[text(bid - step * n), text(size)] for n, size in enumerate(sizes)],
    }


def public_trades(pair: str, last: Decimal, moment: int) -> list[Json]:
    """Three made-up trades of others at the last price."""
    return [
        {
            "id": 300_000_000 + moment // SECOND % 10**9 * 3 - n,
            "amount": "0.28391",
            "rate": text(last),
            "pair": pair,
            "order_type": "sell" if n % 2 else "buy",
            "created_at": second(moment - n * SECOND),
        }
        for n in range(3)
    ]


def exchange_status(sessions: Mapping[str, str], moment: int) -> Json:
    """Which pairs trade."""
    return {
        "exchange_status": [
            {
                "pair": pair,
                "status": session,
                "timestamp": moment // SECOND,
                "availability": {
                    "order": session != "stop",
                    "market_order": session == "available",
                    "cancel": session != "stop",
                },
            }
            for pair, session in sessions.items()
        ]
    }


def accepted(order: Order, *, echo_amount: bool) -> Json:
    """The answer to a new order: acceptance only."""
    wanted = order.wanted
    amount = None if order.is_market and not echo_amount else wanted.amount
    return {
        "success": True,
        "id": order.id,
        "amount": _or_null(amount),
        "rate": _or_null(wanted.rate),
        "order_type": str(wanted.order_type),
        "pair": order.pair,
        "created_at": second(order.placed_at),
        "market_buy_amount": _or_null(wanted.market_buy_amount),
        "time_in_force": wanted.time_in_force,
        "stop_loss_rate": None,
    }


def detail(order: Order) -> Json:
    """One order; `executed` and `expired` amounts are in the unit it was placed in."""
    wanted, fee = order.wanted, text(order.terms.fee(order.pair))
    executed = text(order.executed)
    ended_early = not order.is_open and order.status is not Status.FILLED
    expired = text(order.expired) if ended_early else None
    return {
        "success": True,
        "id": order.id,
        "pair": order.pair,
        "status": str(order.status),
        "order_type": str(wanted.order_type),
        "rate": _or_null(wanted.rate),
        "stop_loss_rate": None,
        "maker_fee_rate": fee,
        "taker_fee_rate": fee,
        "amount": _or_null(wanted.amount),
        "market_buy_amount": _or_null(wanted.market_buy_amount),
        "executed_amount": None if order.in_yen else executed,
        "executed_market_buy_amount": executed if order.in_yen else None,
        "expired_type": order.expired_type,
        "prevented_match_id": None,
        "expired_amount": None if order.in_yen else expired,
        "expired_market_buy_amount": expired if order.in_yen else None,
        "time_in_force": wanted.time_in_force,
        "created_at": second(order.placed_at),
    }


def open_order(order: Order) -> Json:
    """One row of the open orders; a market order shows as buy or sell without a rate."""
    left = text(order.left + order.beyond)
    return {
        "id": order.id,
        "order_type": "buy" if order.is_buy else "sell",
        "rate": _or_null(order.wanted.rate),
        "pair": order.pair,
        "pending_amount": None if order.in_yen else left,
        "pending_market_buy_amount": left if order.in_yen else None,
        "stop_loss_rate": None,
        "created_at": second(order.placed_at),
    }


def fill(row: FillRow) -> Json:
    """One row of the fills; `funds` are signed and net of the fee."""
    return {
        "id": row.id,
        "order_id": row.order_id,
        "created_at": second(row.at),
        "funds": {coin_of(row.pair): text(row.coins), "jpy": text(row.jpy)},
        "pair": row.pair,
        "rate": text(row.rate),
        "fee_currency": "JPY" if row.fee else None,
        "fee": text(row.fee),
        "liquidity": row.liquidity,
        "side": "buy" if row.is_buy else "sell",
    }


def balance(held: Mapping[str, Held]) -> Json:
    """Seven strings a currency."""
    shown: Json = {"success": True}
    shown |= {currency: text(one.free) for currency, one in held.items()}
    shown |= {f"{currency}_reserved": text(one.reserved) for currency, one in held.items()}
    for name, nothing in NOTHING:
        shown |= {f"{currency}_{name}": nothing for currency in held}
    return shown


def accounts(pairs: Sequence[str], terms: Terms) -> Json:
    """The owner, and the fees in per cent."""
    fees = {pair: text(terms.fee(pair) * 100) for pair in pairs}
    return {
        "success": True,
        "id": 10000,
        "email": "owner@example.com",
        "identity_status": "identity_verified",
        "bitcoin_address": None,
        "exchange_fees": {
            pair: {"maker_fee_rate": fee, "taker_fee_rate": fee} for pair, fee in fees.items()
        },
    }


def withdraws(moment: int) -> Json:
    """One withdrawal of long ago."""
    row = {
        "id": 398,
        "status": "finished",
        "amount": "242742.0",
        "currency": "JPY",
        "created_at": second(moment),
        "bank_account_id": 243,
        "fee": "400.0",
        "is_fast": True,
    }
    paging = {"limit": 25, "order": "desc", "starting_after": None, "ending_before": None}
    return {"success": True, "pagination": paging, "data": [row]}


def bank_accounts() -> Json:
    """Where yen could be withdrawn to."""
    row = {
        "id": 243,
        "bank_name": "Example",
        "branch_name": "Example",
        "bank_account_type": "toza",
        "number": "0123456",
        "name": "EXAMPLE",
    }
    return {"success": True, "data": [row]}


def sends() -> Json:
    """Coins that were sent away: none so far."""
    return {"success": True, "sends": []}


def disguised(payload: Any, name: str = "") -> Any:
    """The same answer in other types: strings as numbers, numbers as strings, zeros as null."""
    if isinstance(payload, dict):
        return {key: disguised(value, key) for key, value in payload.items()}
    if isinstance(payload, list):
        return [disguised(value, name) for value in payload]
    if isinstance(payload, Decimal):
        return text(payload)
    if isinstance(payload, str) and payload.lstrip("-").replace(".", "", 1).isdecimal():
        value = Decimal(payload)
        return None if value == ZERO else value
    return payload
