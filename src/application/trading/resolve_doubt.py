"""An order whose answer was lost: look until evidence from the exchange ends the doubt.

Nothing is sent. Every look is on the log, so a process that stops halfway is no loss: the next
message goes on where it stopped. Without evidence the order stays in doubt and is looked for
again at every tick.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from application.errors import Broken, Refused, Retryable
from application.read_models import TRADES
from domain.events import (
    OrderAdopted,
    OrderLooked,
    OrderProvenAbsent,
    OrderQuarantined,
    OrderRefused,
    OrderSubmitting,
    Side,
)
from domain.instant import SECOND
from domain.money import Jpy
from domain.trading.doubt import (
    CLOCKS_DIFFER,
    PAUSES_S,
    Moved,
    could_be,
    next_look_at,
    proves_absence,
    unexplained,
)
from domain.trading.order import OrderState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.ports.exchange import Balances, Fill
    from application.trading.execute_order import Progress


async def resolve_doubt(done: Progress) -> None:
    """Look again and again, as long as the desk's patience lasts."""
    clock = done.desk.clock
    until = clock.now() + round(done.desk.patience_s * SECOND)
    failures = 0
    while done.order.state is OrderState.IN_DOUBT:
        pause = PAUSES_S[min(failures, len(PAUSES_S) - 1)] * SECOND if failures else 0
        at = max(next_look_at(done.order, clock.now()), clock.now() + pause)
        if at > until:
            return
        await clock.sleep((at - clock.now()) / SECOND)
        try:
            await _look(done)
            failures = 0
        except (Retryable, Broken):
            failures += 1  # an answer that was not had is no evidence


async def _look(done: Progress) -> None:
    """One look: fence, candidates, balances; records what it found."""
    order, desk = done.order, done.desk
    sent = order.sent
    assert sent is not None  # doubt begins after sending
    # the balances' own nonce is larger: whatever is still on its way is turned away after this
    balances = await desk.exchange.balances()
    fills = await desk.exchange.account_fills(sent.sent_at - CLOCKS_DIFFER)
    matches = await _matches(done, sent, fills)
    if len(matches) > 1:
        detail = f"orders {', '.join(matches)} all look like it"
        await done.record(OrderQuarantined(order.order, order.pair, None, detail))
        return
    if matches:
        evidence = f"the only order of {_what(sent)} since it was sent"
        await done.record(OrderAdopted(order.order, order.pair, matches[0], evidence))
        return
    yen, coins = unexplained(sent, _held(balances, order.pair), _moves(fills, order.pair))
    look = OrderLooked(order.order, order.pair, desk.clock.now(), yen, coins)
    await done.record(look)
    if proves_absence(done.order):
        row = done.order.clean_looks
        took = (row[-1].looked_at - row[0].looked_at) / SECOND
        evidence = f"{len(row)} looks in {took:g} s: no order of {_what(sent)}, nothing has moved"
        await done.record(
            OrderProvenAbsent(order.order, order.pair, evidence),
            OrderRefused(order.order, order.pair, "not_placed", evidence),
        )


async def _matches(done: Progress, sent: OrderSubmitting, fills: Sequence[Fill]) -> list[str]:
    """Orders of the exchange that are not ours and were asked for exactly as this one."""
    exchange, pair, side = done.desk.exchange, done.order.pair, done.order.side
    rows = await done.desk.log.tables.since(TRADES, pair, sent.sent_at - CLOCKS_DIFFER)
    ours = {row.exchange_id for row in rows}
    opened = [one.exchange_id for one in await exchange.open_orders() if one.pair == pair]
    filled = [one.exchange_id for one in fills if (one.pair, one.side) == (pair, side)]
    matches = []
    for exchange_id in dict.fromkeys(opened + filled):
        if exchange_id in ours:
            continue
        try:
            one = await exchange.order(exchange_id)
        except Refused as gone:
            raise Retryable(f"order {exchange_id} was listed and is not known: {gone}") from gone
        if could_be(sent, one.side, (one.pair, one.amount, one.quantity), one.created_at):
            matches.append(exchange_id)
    return matches


def _held(balances: Balances, pair: str) -> tuple[Jpy, Decimal]:
    coins = balances.coins_free.get(pair, Decimal(0)) + balances.coins_reserved.get(
        pair, Decimal(0)
    )
    return balances.jpy_free + balances.jpy_reserved, coins


def _moves(fills: Sequence[Fill], pair: str) -> list[Moved]:
    moves = []
    for fill in fills:
        is_buy = fill.side is Side.BUY
        yen = -(fill.funds + fill.fee) if is_buy else fill.funds - fill.fee
        coins = fill.quantity if is_buy else -fill.quantity
        moves.append(Moved(yen, coins if fill.pair == pair else Decimal(0), fill.at))
    return moves


def _what(sent: OrderSubmitting) -> str:
    if sent.amount is not None:
        return f"{sent.pair} for {sent.amount.amount} JPY"
    return f"{sent.quantity} {sent.pair}"
