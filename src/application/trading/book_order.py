"""What the exchange filled becomes fills, a trade and a position's event, in one append."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from application.errors import Broken, Retryable
from application.ports.exchange import PlacedOrder, PlacedState
from application.read_models import BREAKER, BREAKER_KEY, POSITIONS, PositionRow
from application.read_models.projection import EMPTY_BREAKER
from domain.events import (
    Commit,
    OrderExpired,
    OrderFilled,
    OrderFillReceived,
    OrderQuarantined,
    PositionClosed,
    PositionEvent,
    PositionOpened,
    PositionReduced,
    Side,
)
from domain.events.recorded import event_id
from domain.instant import MINUTE
from domain.money import Jpy
from domain.quick import quickly_made
from domain.strategy.circuit_breaker import after_close, tripped_by
from domain.trading.fill_belief import is_believable
from domain.trading.order_amounts import is_dust
from domain.trading.position_exits import entry_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.ports.exchange import Fill
    from application.trading.execute_order import Desk, Progress
    from domain.trading.order import Order
    from domain.trading.position import OpenPosition


MARGIN = 5 * MINUTE
"""Fills this much older than an order's request are still looked at: clocks differ."""
ROUNDING = Decimal("0.01")
"""Yen that the exchange's own sum of an order may differ from the sum of its fills."""


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class _Total:
    """All that an order traded: coins, JPY without and of fees; when it is booked, and why."""

    quantity: Decimal
    funds: Jpy
    fee: Jpy
    at: int
    cause: str


async def book_order(done: Progress) -> None:
    """Look for fills until the order has ended or patience has; book what is there."""
    desk = done.desk
    since = done.order.asked_at - MARGIN
    for _ in range(desk.looks):
        await desk.clock.sleep(desk.look_every_s)
        try:
            # state first: fills that arrive between the two answers are then never missed
            placed = await desk.exchange.order(done.order.exchange_id or "")
            fills = await desk.exchange.fills(placed.exchange_id, since)
            fills = _of_order(fills, placed.exchange_id)
            unseen = [one for one in fills if not done.order.has_fill(one.id)]
            doubted = await _disbelieved(done, unseen)
        except (Retryable, Broken):
            continue
        if doubted is not None:
            await done.record(doubted)
            return
        new = [_received(done.order, one) for one in unseen]
        if placed.state is not PlacedState.OPEN and _complete(placed, fills):
            await _finish(done, new, placed.state)
            return
        if new:
            await done.record(*new)


def _of_order(fills: Sequence[Fill], exchange_id: str) -> tuple[Fill, ...]:
    """The order's own fills, each once: pages overlap, and a list may hold more than was asked."""
    own = {one.id: one for one in fills if one.exchange_id == exchange_id}
    return tuple(own.values())


async def _disbelieved(done: Progress, fills: Sequence[Fill]) -> OrderQuarantined | None:
    """The first fill whose price cannot be true: it is not booked, and a human is told."""
    desk, order, p = done.desk, done.order, done.desk.parameters
    if order.is_trusted or order.sent is None:
        return None
    seen = [order.sent.bid, order.sent.ask]
    doubted = [one for one in fills if not is_believable(one.side, one.price, seen, p)]
    if not doubted:
        return None
    # the market may have moved since: what it says now counts as well
    seen.append(await desk.exchange.price(order.pair))
    for one in doubted:
        if not is_believable(one.side, one.price, seen, p):
            prices = ", ".join(f"{price.amount:.3f}" for price in seen)
            detail = f"fill {one.id} at {one.price.amount:.3f} JPY is far off the market: {prices}"
            return OrderQuarantined(order.order, order.pair, one.id, detail)
    return None


def _complete(placed: PlacedOrder, fills: Sequence[Fill]) -> bool:
    """True when the fills shown add up to all that the exchange says was traded."""
    if placed.executed is None:
        return bool(fills) or placed.state is PlacedState.EXPIRED
    if placed.side is Side.SELL:
        return sum(one.quantity for one in fills) >= placed.executed
    # whether the exchange counts a fee into the yen spent is not documented: either will do
    shown = sum((one.funds + one.fee).amount for one in fills)
    return shown >= placed.executed - ROUNDING


def _received(order: Order, fill: Fill) -> OrderFillReceived:
    return OrderFillReceived(
        order.order, fill.id, fill.quantity, fill.price, fill.funds, fill.fee, fill.at
    )


async def _finish(done: Progress, new: list[OrderFillReceived], state: PlacedState) -> None:
    """The order has ended: its last fills, its end, and what it did to a position."""
    order = done.order
    quantity = order.filled_quantity + sum((one.quantity for one in new), Decimal(0))
    funds = order.funds + Jpy(sum((one.funds.amount for one in new), Decimal(0)))
    fee = order.fee + Jpy(sum((one.fee.amount for one in new), Decimal(0)))
    end = _ended(order, state, quantity, funds, fee)
    cause = event_id(done.stream, done.version + len(new) + 1)
    # one moment for all that is booked together: rows of one find rows of the other by it
    total = _Total(quantity, funds, fee, done.desk.clock.now(), cause)
    others: tuple[Commit, ...] = ()
    if quantity and order.side is Side.BUY:
        others = (_opening(done, total),)
    elif quantity:
        others = await _selling(done, total)
    await done.record(*new, end, others=others, at=total.at)


def _ended(
    order: Order, state: PlacedState, quantity: Decimal, funds: Jpy, fee: Jpy
) -> OrderFilled | OrderExpired:
    asked = _asked(order)
    if state is PlacedState.FILLED and quantity:
        price = Jpy(funds.amount / quantity)
        return OrderFilled(order.order, order.pair, order.side, asked, quantity, price, funds, fee)
    return OrderExpired(order.order, order.pair, order.side, asked, quantity, funds, fee)


def _asked(order: Order) -> Decimal:
    """What was sent: yen of a buy, coins of a sell."""
    sent = order.sent
    if sent is None:
        return Decimal(0)
    return sent.amount.amount if sent.amount is not None else (sent.quantity or Decimal(0))


def _opening(done: Progress, total: _Total) -> Commit:
    """A position is named after the order that opened it."""
    order = done.order
    entry = Jpy(total.funds.amount / total.quantity)
    stop, take_profit = entry_levels(entry, done.desk.parameters)
    opened = PositionOpened(
        position=order.order,
        pair=order.pair,
        order=order.order,
        quantity=total.quantity,
        entry=entry,
        cost=total.funds + total.fee,
        stop=stop,
        take_profit=take_profit,
        opened_at=total.at,
    )
    return _position_commit(done, order.order, 1, opened, total)


def _position_commit(
    done: Progress, position: str, version: int, event: PositionEvent, total: _Total
) -> Commit:
    return done.desk.log.commit(
        f"position/{position}",
        version,
        [event],
        at=total.at,
        correlation=done.correlation,
        causation=total.cause,
    )


async def _selling(done: Progress, total: _Total) -> tuple[Commit, ...]:
    """The position is closed, or reduced when more than dust is left; the breaker may trip."""
    order, desk = done.order, done.desk
    row = await desk.log.tables.get(POSITIONS, order.pair, order.position or "")
    if row is None or row.open is None:
        return ()
    proceeds = total.funds - total.fee
    rest = row.open.quantity - total.quantity
    version = row.version + 1
    if not is_dust(rest, desk.instruments.of(order.pair)):
        reduced = PositionReduced(row.position_id, row.pair, order.order, total.quantity, proceeds)
        return (_position_commit(done, row.position_id, version, reduced, total),)
    closed = _closed(order, row, row.open, total.quantity, proceeds, total.at)
    return (
        _position_commit(done, row.position_id, version, closed, total),
        *await _tripping(closed, event_id(f"position/{row.position_id}", version), desk),
    )


def _closed(
    order: Order, row: PositionRow, held: OpenPosition, quantity: Decimal, proceeds: Jpy, now: int
) -> PositionClosed:
    """Gain counts everything that came in for the position; dust left over is lost with it."""
    total = held.proceeds + proceeds
    sold = held.sold + quantity
    gain = total - held.cost
    return PositionClosed(
        position=row.position_id,
        pair=row.pair,
        order=order.order,
        reason=order.reason,
        quantity=quantity,
        exit=Jpy(total.amount / sold),
        proceeds=proceeds,
        gain=gain,
        gain_pct=float(gain.per(held.cost) * 100),
        dust=held.quantity - quantity,
        closed_at=now,
    )


async def _tripping(closed: PositionClosed, cause: str, desk: Desk) -> tuple[Commit, ...]:
    row = await desk.log.tables.get(BREAKER, BREAKER_KEY) or EMPTY_BREAKER
    trip = tripped_by(after_close(row.breaker, closed.closed_at, closed.gain), desk.parameters)
    if trip is None:
        return ()
    return (
        desk.log.commit(
            "breaker",
            row.version + 1,
            [trip],
            at=closed.closed_at,
            correlation=closed.order,
            causation=cause,
        ),
    )
