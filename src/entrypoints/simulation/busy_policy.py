"""A policy that trades all the time: not to earn, but to wear the machinery out."""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import TYPE_CHECKING

from application.policy import BuyRequest, Policy
from domain.events import Action, Sizing
from domain.instant import SECOND
from domain.money import Jpy
from domain.strategy.decide import Holding, Scored, Verdict
from domain.trading.order_amounts import distinct_amount
from domain.trading.position_exits import follow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.events import Thresholds
    from domain.parameters import StrategyParameters

EARLY = 0.8
"""The share of the minimum hold after which a sale is asked for."""


def due(
    moves: Mapping[str, float], last: int | None, now: int, p: StrategyParameters
) -> str | None:
    """At every tick."""
    del moves, last, now, p
    return "busy"


def trading(buys: int, sells: int) -> Policy:
    """At one tick in `buys` a coin that is not held is bought, in `sells` a held one is sold.

    By the digits of the time. Some sales are asked for too early: the desk has to refuse them.
    """

    def decide(
        scored: Sequence[Scored],
        holdings: Sequence[Holding],
        busy: Mapping[str, str],
        limits: Thresholds,
        now: int,
        p: StrategyParameters,
    ) -> Verdict:
        del limits
        held = {one.pair: one for one in holdings}
        free = [one for one in scored if one.pair not in busy]
        sold = tuple(
            one
            for one in free
            if one.pair in held
            and (now - held[one.pair].opened_at) / SECOND >= p.min_hold_s * EARLY
            and _digits(one.pair, now) % sells == 0
        )
        bought = tuple(
            one
            for one in free
            if one.pair not in held and one.buyable and _digits(one.pair, now) % buys == 0
        )
        action = Action.SELL if sold else Action.BUY if bought else Action.HOLD
        ranking = tuple(one.pair for one in scored)
        return Verdict(action, sold, () if sold else bought, ranking, ())

    return Policy(due, decide, size, follow)


def _digits(pair: str, now: int) -> int:
    return zlib.crc32(f"{pair}/{now}".encode())


async def size(request: BuyRequest, p: StrategyParameters) -> tuple[Jpy, Sizing]:
    """500 to 12,000 JPY, by the digits of the score and of what is free."""
    available = request.jpy_free - Jpy(Decimal(p.reserve_jpy))
    wanted = 500 + _digits(f"{request.score:.12f}", int(available.amount)) % 11_500
    cap = Jpy(Decimal(p.max_position_jpy))
    sizing = Sizing("busy", available, 1.0, cap, 0, None, None)
    if available.amount < wanted:
        return Jpy(Decimal(0)), sizing
    return distinct_amount(Jpy(Decimal(wanted)), request.recent_amounts, p), sizing


BUSY = trading(buys=4, sells=6)
