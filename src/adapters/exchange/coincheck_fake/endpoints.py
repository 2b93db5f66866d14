"""What each path answers, once a request is let in."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import attrs

from adapters.exchange.coincheck_fake import payloads
from adapters.exchange.coincheck_fake.faults import (
    BALANCE_LAG,
    FILLS_LAG,
    LAST_OUTSIDE_SPREAD,
    MAINTENANCE,
    PARTLY_EXPIRED,
    STALE_TICKER,
    Faults,
)
from adapters.exchange.coincheck_fake.orders import FillRow
from adapters.exchange.coincheck_fake.rules import PAGE, NoSuchPageError, RefusedError
from adapters.exchange.coincheck_fake.venue import Venue
from domain.instant import DAY

Json = dict[str, Any]
DEFAULT_PAIR = "btc_jpy"


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Call:
    """A request that was let in, and what is to go wrong inside."""

    venue: Venue
    faults: Faults
    fault: str | None
    query: Mapping[str, str]
    path: Mapping[str, str]
    body: bytes
    content_type: str
    page: int
    echo_sell_amount: bool
    key: str | None = None
    nonce: int | None = None

    @property
    def pair(self) -> str:
        """The pair asked for, BTC when there is none. Raises NoSuchPageError."""
        pair = self.path.get("pair") or self.query.get("pair") or DEFAULT_PAIR
        if pair not in self.venue.rules:
            raise NoSuchPageError
        return pair

    def last(self, ago_ms: int = 0) -> Decimal:
        """The last price of the pair. Raises RefusedError before the first trade."""
        now = self.venue.clock()
        market = self.venue.market
        price = market.last(self.pair, now - ago_ms) or market.last(self.pair, now)
        if price is None:
            raise RefusedError(503, "no price yet")
        return price

    @property
    def order_id(self) -> int:
        """The id in the path or query. Raises RefusedError for anything but digits."""
        given = self.path.get("number") or self.query.get("id") or ""
        if not (given.isascii() and given.isdecimal()):
            raise RefusedError(404, "not found")
        return int(given)

    def fields(self) -> Mapping[str, Any]:
        """The body, JSON or form. Raises RefusedError (400)."""
        if "json" not in self.content_type:
            return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            given = json.loads(self.body, parse_float=Decimal)
        except ValueError:
            raise RefusedError(400, "invalid JSON") from None
        if not isinstance(given, dict):
            raise RefusedError(400, "invalid JSON")
        return given


def _ticker(call: Call) -> Json:
    ago = call.faults.stale_ms if call.fault == STALE_TICKER else 0
    return payloads.ticker(
        call.pair,
        call.last(ago),
        call.venue.terms,
        call.venue.clock() - ago,
        outside=call.fault == LAST_OUTSIDE_SPREAD,
    )


def _order_books(call: Call) -> Json:
    return payloads.order_books(call.pair, call.last(), call.venue.terms)


def _trades(call: Call) -> Json:
    if "pair" not in call.query:
        raise RefusedError(400, "invalid pair")
    rows = payloads.public_trades(call.pair, call.last(), call.venue.clock())
    return {"success": True, "pagination": _pagination(len(rows), "desc", None, None), "data": rows}


def _rate(call: Call) -> Json:
    return {"rate": payloads.text(call.last())}


def _estimate(call: Call) -> Json:
    side, wanted = call.query.get("order_type"), {*call.query} & {"price", "amount"}
    if side not in ("buy", "sell") or len(wanted) != 1:
        raise RefusedError(400, "price or amount is required")
    bid, ask = call.venue.terms.bid_ask(call.last(), call.pair)
    rate = ask if side == "buy" else bid
    (name,) = wanted
    try:
        given = Decimal(call.query[name])
    except InvalidOperation:
        raise RefusedError(400, f"{name} is invalid") from None
    price, amount = (given, given / rate) if name == "price" else (given * rate, given)
    amount = round(amount, call.venue.rules[call.pair].decimals)
    shown = {"rate": rate, "price": price, "amount": amount}
    return {"success": True} | {key: payloads.text(value) for key, value in shown.items()}


def _status(call: Call) -> Json:
    pairs = (call.pair,) if "pair" in call.query else tuple(call.venue.rules)
    down = call.fault == MAINTENANCE
    sessions = {
        pair: "stop" if down else call.venue.sessions.get(pair, "available") for pair in pairs
    }
    return payloads.exchange_status(sessions, call.venue.clock())


def _place(call: Call) -> Json:
    terms = None
    if call.fault == PARTLY_EXPIRED:
        terms = attrs.evolve(call.venue.terms, filled_share=Decimal("0.5"))
    order = call.venue.place(call.fields(), nonce=call.nonce, key=call.key, terms=terms)
    return payloads.accepted(order, echo_amount=call.echo_sell_amount)


def _detail(call: Call) -> Json:
    return payloads.detail(call.venue.detail(call.order_id))


def _cancel(call: Call) -> Json:
    return {"success": True, "id": call.venue.cancel(call.order_id).id}


def _opens(call: Call) -> Json:
    rows = [payloads.open_order(one) for one in call.venue.open_orders()]
    return {"success": True, "orders": rows}


def _cancel_status(call: Call) -> Json:
    order = call.venue.order(call.order_id)
    return {
        "success": True,
        "id": order.id,
        "cancel": "CANCELED" in order.status or "EXPIRED" in order.status,
        "created_at": payloads.second(order.placed_at),
    }


def _visible(call: Call) -> list[FillRow]:
    return call.venue.visible_fills(call.faults.lag_ms if call.fault == FILLS_LAG else 0)


def _fills(call: Call) -> Json:
    return {"success": True, "transactions": [payloads.fill(one) for one in _visible(call)[:PAGE]]}


def _fills_page(call: Call) -> Json:
    """A page of the list in the asked order, after or before a row of that list."""
    asked = _whole_number(call, "limit")
    limit = min(asked, call.page) if asked else call.page
    order = "asc" if call.query.get("order") == "asc" else "desc"
    after, before = _whole_number(call, "starting_after"), _whole_number(call, "ending_before")
    rows = _visible(call)
    sign = -1
    if order == "asc":
        rows, sign = rows[::-1], 1
    if after is not None:
        rows = [one for one in rows if sign * one.id > sign * after]
    if before is not None:
        rows = [one for one in rows if sign * one.id < sign * before]
    # before a row, and not after one: the rows next to it, not the first of the list
    rows = rows[-limit:] if before is not None and after is None else rows[:limit]
    return {
        "success": True,
        "pagination": _pagination(limit, order, after, before),
        "data": [payloads.fill(one) for one in rows],
    }


def _pagination(limit: int, order: str, after: int | None, before: int | None) -> Json:
    return {"limit": limit, "order": order, "starting_after": after, "ending_before": before}


def _whole_number(call: Call, name: str) -> int | None:
    given = call.query.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() else None


def _balance(call: Call) -> Json:
    lag = call.faults.lag_ms if call.fault == BALANCE_LAG else 0
    return payloads.balance(call.venue.visible_balances(lag))


def _accounts(call: Call) -> Json:
    return payloads.accounts(tuple(call.venue.rules), call.venue.terms)


def _withdraws(call: Call) -> Json:
    return payloads.withdraws(call.venue.clock() - DAY)


def _bank_accounts(call: Call) -> Json:
    del call
    return payloads.bank_accounts()


def _sends(call: Call) -> Json:
    del call
    return payloads.sends()


ORDERS = "/api/exchange/orders"
ENDPOINTS: tuple[tuple[str, str, str, Callable[[Call], Json]], ...] = (
    ("ticker", "GET", "/api/ticker", _ticker),
    ("order-books", "GET", "/api/order_books", _order_books),
    ("trades", "GET", "/api/trades", _trades),
    ("rate", "GET", "/api/rate/{pair}", _rate),
    ("estimate", "GET", f"{ORDERS}/rate", _estimate),
    ("status", "GET", "/api/exchange_status", _status),
    ("place", "POST", ORDERS, _place),
    ("opens", "GET", f"{ORDERS}/opens", _opens),
    ("cancel-status", "GET", f"{ORDERS}/cancel_status", _cancel_status),
    ("fills", "GET", f"{ORDERS}/transactions", _fills),
    ("fills-page", "GET", f"{ORDERS}/transactions_pagination", _fills_page),
    ("detail", "GET", f"{ORDERS}/{{number}}", _detail),
    ("cancel", "DELETE", f"{ORDERS}/{{number}}", _cancel),
    ("balance", "GET", "/api/accounts/balance", _balance),
    ("accounts", "GET", "/api/accounts", _accounts),
    ("withdraws", "GET", "/api/withdraws", _withdraws),
    ("bank-accounts", "GET", "/api/bank_accounts", _bank_accounts),
    ("sends", "GET", "/api/send_money", _sends),
)
"""Point of a script, method, path, answer; fixed paths stand before those with a number."""
