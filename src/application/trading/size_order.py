"""Just before an order is sent: may it go, and with how much."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from application.policy import BuyRequest
from application.read_models import (
    ANALYSIS_STATE,
    BREAKER,
    BREAKER_KEY,
    POSITIONS,
    TRADES,
    PositionRow,
)
from domain.events import OrderSubmitting, Reason, Side, Sizing
from domain.instant import DAY, MINUTE, SECOND
from domain.money import Jpy
from domain.strategy.buy_guards import BuyCircumstances, refusal_of
from domain.strategy.trade_stats import TradeStats, trade_stats
from domain.trading.order_amounts import buys_sellable_coins, distinct_quantity, is_dust

if TYPE_CHECKING:
    from application.ports.exchange import Balances, Quote
    from application.trading.execute_order import Desk
    from domain.trading.order import Order
    from domain.trading.position import OpenPosition

SHOWN_WITHIN = 10 * MINUTE
"""Coins that were bought show in the balances by then (ms)."""
RECENT = DAY
"""Orders of a pair this long back are kept apart by their amounts."""


@attrs.frozen(slots=True, weakref_slot=False)
class Ready:
    """The order may go out, as this event says."""

    submitting: OrderSubmitting


@attrs.frozen(slots=True, weakref_slot=False)
class NotNow:
    """The order must not go out: which guard stopped it, and its numbers."""

    guard: str
    detail: str
    gone: PositionRow | None = None
    """The position whose coins are not there any more."""


async def prepare(order: Order, desk: Desk) -> Ready | NotNow:
    """The order with its amount, or the guard that stops it. Raises Retryable or Broken."""
    quote = await desk.exchange.quote(order.pair)
    balances = await desk.exchange.balances()
    if order.side is Side.BUY:
        return await _prepare_buy(order, desk, quote, balances)
    return await _prepare_sell(order, desk, quote, balances)


async def _prepare_buy(
    order: Order, desk: Desk, quote: Quote, balances: Balances
) -> Ready | NotNow:
    p, tables = desk.parameters, desk.log.tables
    instrument = desk.instruments.of(order.pair)
    opened = await tables.flagged(POSITIONS)
    breaker = await tables.get(BREAKER, BREAKER_KEY)
    doubtful = [row for row in await tables.flagged(ANALYSIS_STATE) if row.hides_yen]
    if doubtful:
        return NotNow("doubt", f"order {doubtful[0].order} may have moved yen nobody has seen")
    coins = balances.coins_free.get(order.pair, Decimal(0))
    refusal = refusal_of(
        BuyCircumstances(
            pair=order.pair,
            signal_age_ms=desk.clock.now() - order.asked_at,
            open_positions=sum(row.pair == order.pair for row in opened),
            coins_held=coins,
            dust_limit=instrument.min_amount,
            bid=quote.bid,
            ask=quote.ask,
            breaker_tripped=breaker is not None and breaker.breaker.tripped_at is not None,
        ),
        p,
    )
    if refusal is not None:
        held = f"{refusal.value:g} {refusal.operator} {refusal.limit:g} does not hold"
        return NotNow(refusal.guard, held)
    request = BuyRequest(
        score=order.score or 0.0,
        jpy_free=balances.jpy_free,
        stats=lambda: _stats(desk),
        taker_fee=await desk.exchange.taker_fee(order.pair),
        recent_amounts=await _recent(order, desk),
        equity=lambda: _equity(desk, balances),
    )
    amount, sizing = await desk.policy.size(request, p)
    if amount.amount <= 0:
        found = f"{sizing.method}: {sizing.available.amount} JPY available x {sizing.fraction:g}"
        return NotNow("size", f"{found} is less than an order of {p.min_order_jpy} JPY")
    if not buys_sellable_coins(amount, quote.ask, instrument, p):
        least = f"{instrument.min_amount} {instrument.news} at {quote.ask.amount} JPY"
        return NotNow("sellable", f"{amount.amount} JPY buy less than {least} and slack")
    return Ready(await _submitting(order, amount, None, sizing, quote, balances, desk))


async def _prepare_sell(
    order: Order, desk: Desk, quote: Quote, balances: Balances
) -> Ready | NotNow:
    row = await desk.log.tables.get(POSITIONS, order.pair, order.position or "")
    if row is None or row.open is None:
        return NotNow("position_open", f"position {order.position} is not open")
    too_young = _held_too_short(order, row.open, desk)
    if too_young is not None:
        return too_young
    instrument = desk.instruments.of(order.pair)
    free = balances.coins_free.get(order.pair, Decimal(0))
    quantity = distinct_quantity(
        min(row.open.quantity, free), await _recent(order, desk), instrument, desk.parameters
    )
    if is_dust(quantity, instrument):
        detail = f"{quantity} is under the minimum of {instrument.min_amount}"
        return NotNow("dust", detail, row if _is_gone(row.open, balances, desk) else None)
    return Ready(await _submitting(order, None, quantity, None, quote, balances, desk))


def _is_gone(position: OpenPosition, balances: Balances, desk: Desk) -> bool:
    """True when the coins are on the account no more: not free, not reserved, not just bought."""
    free = balances.coins_free.get(position.pair, Decimal(0))
    held = free + balances.coins_reserved.get(position.pair, Decimal(0))
    is_old = desk.clock.now() - position.opened_at > SHOWN_WITHIN
    return is_old and is_dust(held, desk.instruments.of(position.pair))


def _held_too_short(order: Order, position: OpenPosition, desk: Desk) -> NotNow | None:
    """Only a signal has to wait; a stop-loss or take-profit never does."""
    held_s = (order.asked_at - position.opened_at) / SECOND
    if order.reason is Reason.SIGNAL and held_s < desk.parameters.min_hold_s:
        return NotNow("min_hold", f"held {held_s:g} s of {desk.parameters.min_hold_s} s")
    return None


async def _stats(desk: Desk) -> TradeStats:
    """Results of the positions closed within the Kelly window."""
    oldest = desk.clock.now() - desk.parameters.kelly_window_days * DAY
    gains: list[float] = []
    for pair in desk.instruments.pairs:
        rows = await desk.log.tables.since(TRADES, pair, oldest)
        gains += [row.gain_pct for row in rows if row.gain_pct is not None]
    return trade_stats(gains)


async def _recent(order: Order, desk: Desk) -> frozenset[Decimal]:
    """What recent orders of the pair asked for: yen of buys, or coins of sells."""
    rows = await desk.log.tables.since(TRADES, order.pair, desk.clock.now() - RECENT)
    return frozenset(row.asked for row in rows if row.side is order.side)


async def _equity(desk: Desk, balances: Balances) -> Jpy:
    """Cash and coins at the last price."""
    total = balances.jpy_free + balances.jpy_reserved
    for pair, free in balances.coins_free.items():
        coins = free + balances.coins_reserved.get(pair, Decimal(0))
        if coins:
            total = total + await desk.exchange.price(pair) * coins
    return total


async def _submitting(
    order: Order,
    amount: Jpy | None,
    quantity: Decimal | None,
    sizing: Sizing | None,
    quote: Quote,
    balances: Balances,
    desk: Desk,
) -> OrderSubmitting:
    return OrderSubmitting(
        order=order.order,
        pair=order.pair,
        amount=amount,
        quantity=quantity,
        sizing=sizing,
        bid=quote.bid,
        ask=quote.ask,
        jpy_free=balances.jpy_free,
        jpy_reserved=balances.jpy_reserved,
        coins_free=balances.coins_free.get(order.pair, Decimal(0)),
        coins_reserved=balances.coins_reserved.get(order.pair, Decimal(0)),
        nonce=await desk.exchange.nonce(),
        sent_at=desk.clock.now(),
    )
