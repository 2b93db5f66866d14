"""The exchange itself: one account, its orders, their fills, and the truth about them."""

import functools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Context, Decimal, localcontext
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs

from adapters.exchange.coincheck_fake.audit import check_books
from adapters.exchange.coincheck_fake.intake import read_order
from adapters.exchange.coincheck_fake.ledger import Held, Ledger, Movement, Reason
from adapters.exchange.coincheck_fake.market import Market
from adapters.exchange.coincheck_fake.matching import Trade, crosses, meeting, row_of, trade
from adapters.exchange.coincheck_fake.orders import (
    FillRow,
    Order,
    Status,
    Wanted,
    new_order,
)
from adapters.exchange.coincheck_fake.rules import (
    DETAILS_A_SECOND,
    ORDERS_A_SECOND,
    RULES,
    UNTRADED,
    ZERO,
    CallLimit,
    CoinRule,
    RefusedError,
    Terms,
    coin_of,
)

FIRST_ORDER, ORDER_STEP = 8_173_686_428, 37
FIRST_FILL, FILL_STEP = 583_710_515, 11
WIDE = Context(prec=80)
"""Enough digits that no product or sum of an account is ever rounded."""

P = ParamSpec("P")
R = TypeVar("R")


def _whole(
    method: Callable[Concatenate["Venue", P], R],
) -> Callable[Concatenate["Venue", P], R]:
    """A method that is done as a whole, with exact sums, whatever thread calls it."""

    @functools.wraps(method)
    def done(self: "Venue", *args: P.args, **named: P.kwargs) -> R:
        with self.whole():
            return method(self, *args, **named)

    return done  # type: ignore[return-value]  # wraps() hides that self is first


class Venue:
    """One account on a given market; `clock` tells the ms. Every method can be called any time.

    `history`, `fills` and `ledger` are the ground truth. `sessions` says of a pair that it
    is not `available` but in `itayose` or at a `stop`.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], int],
        market: Market,
        cash: Decimal,
        coins: Mapping[str, Decimal] | None = None,
        terms: Terms | None = None,
        rules: Mapping[str, CoinRule] = RULES,
        limited: bool = True,
    ) -> None:
        self.clock = clock
        self.market = market
        self.rules = dict(rules)
        self.terms = terms or Terms()
        self.sessions: dict[str, str] = {}
        self.history: dict[int, Order] = {}
        self.fills: list[FillRow] = []
        self.ledger = Ledger(("jpy", *(coin_of(pair) for pair in rules), *UNTRADED))
        self._lock = RLock()
        self._next_terms: deque[Terms] = deque()
        self._order_limit = CallLimit(ORDERS_A_SECOND) if limited else None
        self._detail_limit = CallLimit(DETAILS_A_SECOND) if limited else None
        for currency, amount in {"jpy": cash, **(coins or {})}.items():
            self.move_by_hand(currency, amount)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Nobody else touches the venue meanwhile, and sums are exact."""
        with self._lock, localcontext(WIDE):
            yield

    # --- what the account's owner does outside the interface

    @_whole
    def move_by_hand(self, currency: str, amount: Decimal) -> None:
        """A deposit, or with a minus a withdrawal."""
        self.ledger.move(Movement(self.clock(), currency, amount, ZERO, Reason.DEPOSIT, None))

    @_whole
    def trade_by_hand(self, pair: str, order_type: str, size: Decimal) -> Order:
        """A market order of the owner, filled at once: yen of a buy, coins of a sell."""
        name = "market_buy_amount" if order_type == "market_buy" else "amount"
        fields = {"pair": pair, "order_type": order_type, name: size}
        self.settle()
        terms = attrs.evolve(self.terms, latency_ms=0, parts=1, filled_share=Decimal(1))
        middle = self.market.last(pair, self.clock())
        if middle is None:
            raise RefusedError(400, "order temporally disabled")
        order = self._accept(read_order(fields, self.rules), terms, nonce=None, key=None)
        worse = terms.spread_of(pair) / 2 + terms.slippage
        self._fill(order, self.clock(), middle * (1 + worse if order.is_buy else 1 - worse))
        return order

    @_whole
    def next_order(self, /, **changes: Any) -> None:
        """The next order placed through the interface has these terms; the ones after, not.

        Called n times, it is about the next n orders.
        """
        self._next_terms.append(attrs.evolve(self.terms, **changes))

    # --- what the interface does

    @_whole
    def place(
        self,
        fields: Mapping[str, Any],
        *,
        nonce: int | None = None,
        key: str | None = None,
        terms: Terms | None = None,
    ) -> Order:
        """Take an order. Raises RefusedError or NoSuchPageError, and nothing has changed."""
        if self._order_limit:
            self._order_limit.count(self.clock())
        self.settle()
        wanted = read_order(fields, self.rules)
        session = self.sessions.get(wanted.pair, "available")
        if session == "stop" or (session == "itayose" and wanted.rate is None):
            raise RefusedError(400, "order temporally disabled")
        scripted = self._next_terms[0] if self._next_terms else self.terms
        order = self._accept(wanted, terms or scripted, nonce=nonce, key=key)
        if self._next_terms:
            self._next_terms.popleft()
        if wanted.time_in_force == "post_only" and wanted.rate is not None:
            middle = self.market.last(wanted.pair, self.clock())
            if middle is not None and crosses(order, middle):
                self._end(order, self.clock(), Status.EXPIRED, "post_only")
        return order

    @_whole
    def detail(self, number: int) -> Order:
        """One order. Raises RefusedError for an unknown one."""
        if self._detail_limit:
            self._detail_limit.count(self.clock())
        return self.order(number)

    @_whole
    def order(self, number: int) -> Order:
        """One order, not counted as a question. Raises RefusedError for an unknown one."""
        self.settle()
        order = self.history.get(number)
        if order is None:
            raise RefusedError(404, "not found")
        return order

    @_whole
    def cancel(self, number: int) -> Order:
        """Take an order back. Raises RefusedError when it is over."""
        order = self.order(number)
        if not order.is_open:
            raise RefusedError(400, "Failed to cancel the order.")
        status = Status.PARTIALLY_FILLED_CANCELED if order.fills else Status.CANCELED
        self._end(order, self.clock(), status, None)
        return order

    @_whole
    def open_orders(self) -> list[Order]:
        """Open orders that show by now, newest first."""
        self.settle()
        now = self.clock()
        return [
            one
            for one in reversed(self.history.values())
            if one.is_open and one.placed_at + one.terms.opens_lag_ms <= now
        ]

    @_whole
    def visible_fills(self, lag_ms: int = 0) -> list[FillRow]:
        """Fills that show by now, newest first; `lag_ms` hides some more."""
        self.settle()
        now = self.clock() - lag_ms
        return [
            one
            for one in reversed(self.fills)
            if one.at + self.history[one.order_id].terms.fills_lag_ms <= now
        ]

    @_whole
    def visible_balances(self, lag_ms: int = 0) -> dict[str, Held]:
        """Free and reserved by currency, as far as fills have got into it."""
        self.settle()
        lag_ms = max(lag_ms, self.terms.balance_lag_ms)
        if not lag_ms:
            return self.ledger.held()
        return self.ledger.held_before_fills_after(self.clock() - lag_ms)

    # --- the truth

    @_whole
    def holdings(self) -> dict[str, Decimal]:
        """All there is by currency, free and reserved, without any lag."""
        self.settle()
        return {currency: held.total for currency, held in self.ledger.held().items()}

    @_whole
    def check(self) -> None:
        """Raise AssertionError unless orders, fills, movements and balances agree exactly."""
        self.settle()
        check_books(self.ledger, self.history, self.fills)

    @_whole
    def settle(self) -> None:
        """Let the market have happened up to now, trade by trade in the order of time."""
        now = self.clock()
        waiting = [one for one in self.history.values() if one.is_open]
        while True:
            met = [(*found, one) for one in waiting if (found := meeting(one, self.market, now))]
            if not met:
                return
            at, rate, order = min(met, key=lambda found: (found[0], found[2].id))
            self._fill(order, at, rate)
            waiting = [one for one in waiting if one.is_open]

    # --- how it is done

    def _accept(self, wanted: Wanted, terms: Terms, *, nonce: int | None, key: str | None) -> Order:
        now = self.clock()
        number = FIRST_ORDER + ORDER_STEP * len(self.history)
        order = new_order(wanted, terms, number, now, self.rules[wanted.pair].decimals)
        order.nonce, order.key = nonce, key
        self.ledger.reserve(now, order.pays_with, order.reserved, number)
        self.history[number] = order
        return order

    def _fill(self, order: Order, at: int, rate: Decimal) -> None:
        traded = trade(order, at, rate, self.rules)
        if traded is not None:
            self._book(order, traded)
        order.next_at = at + order.terms.part_every_ms
        order.parts_left -= 1
        if order.parts_left > 0:
            return
        if order.beyond:
            status = Status.PARTIALLY_FILLED_EXPIRED if order.fills else Status.EXPIRED
            self._end(order, at, status, "unfilled_market")
        elif order.fills:
            self._end(order, at, Status.FILLED, None)
        else:
            self._end(order, at, Status.EXPIRED, "unfilled_market")

    def _book(self, order: Order, traded: Trade) -> None:
        row = row_of(order, traded, FIRST_FILL + FILL_STEP * len(self.fills))
        paid = -row.jpy if order.is_buy else traded.coins
        got = traded.coins if order.is_buy else row.jpy
        gets = coin_of(order.pair) if order.is_buy else "jpy"
        move = functools.partial(Movement, reason=Reason.FILL, order_id=order.id)
        self.ledger.move(move(traded.at, order.pays_with, ZERO, -paid))
        self.ledger.move(move(traded.at, gets, got, ZERO))
        order.reserved -= paid
        order.left -= -row.jpy if order.in_yen else traded.coins
        order.status = Status.PARTIALLY_FILLED
        order.fills.append(row)
        self.fills.append(row)

    def _end(self, order: Order, at: int, status: Status, expired_type: str | None) -> None:
        self.ledger.release(at, order.pays_with, order.reserved, order.id)
        if status is not Status.FILLED:
            order.expired = order.left + order.beyond
        order.reserved = order.left = order.beyond = ZERO
        order.status, order.ended_at, order.expired_type = status, at, expired_type
