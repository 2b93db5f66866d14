"""An order whose answer was lost: when to look, whose order was found, and what proves what.

The exchange keeps no client order id. What tells our order from others is what was sent: pair,
side and an amount unlike that of any recent order. What proves that there is none is time and
the balances: nothing has moved that the fills of other orders do not explain.
"""

from collections.abc import Sequence
from decimal import Decimal

import attrs

from domain.events import OrderSubmitting, Side
from domain.instant import MINUTE, SECOND
from domain.money import Jpy
from domain.trading.order import Order

PAUSES_S = (1, 3, 7, 15, 30, 60)
"""Seconds before each look; the last one repeats while the doubt lasts."""
CLOCKS_DIFFER = 5 * MINUTE
"""The exchange's times and ours may differ by this much (ms)."""


def next_look_at(order: Order, now: int) -> int:
    """When to look again (ms): soon after the doubt began, then after growing pauses."""
    if not order.looks:
        return now + PAUSES_S[0] * SECOND
    pause = PAUSES_S[min(len(order.looks), len(PAUSES_S) - 1)]
    return order.looks[-1].looked_at + pause * SECOND


def could_be(
    sent: OrderSubmitting,
    side: Side,
    asked: tuple[str, Jpy | None, Decimal | None],
    created_at: int,
) -> bool:
    """True when an order that was asked for as (pair, amount, quantity) may be the lost one."""
    sent_side = Side.BUY if sent.amount is not None else Side.SELL
    same = (sent.pair, sent.amount, sent.quantity) == asked and side is sent_side
    return same and created_at >= sent.sent_at - CLOCKS_DIFFER


def proves_absence(order: Order) -> bool:
    """True when a whole row of looks, one for each pause, explained everything without it."""
    row = order.clean_looks
    if len(row) < len(PAUSES_S):
        return False
    # the first of them may come right after the doubt began; the last has to come late
    return row[-1].looked_at - row[0].looked_at >= sum(PAUSES_S[1:]) * SECOND


@attrs.frozen(slots=True, weakref_slot=False)
class Moved:
    """What one fill of the account moved: yen, and coins of the pair in doubt, at a time (ms)."""

    jpy: Jpy
    coins: Decimal
    at: int


def unexplained(
    sent: OrderSubmitting, held: tuple[Jpy, Decimal], moves: Sequence[Moved]
) -> tuple[Jpy, Decimal]:
    """(yen, coins) held beyond those before sending and what other orders have moved since.

    `moves` in the order they happened. The balances before sending were read somewhere between
    two of them; clocks differ, so any place near the time of sending may be that one, and a
    place that explains everything is taken.
    """
    yen = (held[0] - sent.jpy_free - sent.jpy_reserved).amount
    coins = held[1] - sent.coins_free - sent.coins_reserved
    nearest = (yen, coins)
    # from the newest move back: this one, too, came after the balances were read
    for move in reversed(moves):
        if not (yen or coins) and move.at <= sent.sent_at + CLOCKS_DIFFER:
            break
        yen, coins = yen - move.jpy.amount, coins - move.coins
        if move.at > sent.sent_at:
            nearest = (yen, coins)
    else:
        if yen or coins:
            yen, coins = nearest
    return Jpy(yen), coins
