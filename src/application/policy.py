"""The strategy's four decisions as functions, chosen in wiring.

The owner's strategy is STANDARD; another policy runs behind the same use cases, with the
same log and the same guards.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal

import attrs

from domain.events import PositionEvent, Sizing, Thresholds
from domain.market.price_move import reason_for_analysis
from domain.money import Jpy
from domain.parameters import StrategyParameters
from domain.strategy.decide import Holding, Scored, Verdict, decide
from domain.strategy.position_size import buy_amount
from domain.strategy.trade_stats import TradeStats
from domain.trading.order_amounts import distinct_amount
from domain.trading.position import OpenPosition
from domain.trading.position_exits import follow

Due = Callable[[Mapping[str, float], int | None, int, StrategyParameters], str | None]
Decide = Callable[
    [Sequence[Scored], Sequence[Holding], Mapping[str, str], Thresholds, int, StrategyParameters],
    Verdict,
]
Exits = Callable[[OpenPosition, Jpy, StrategyParameters], tuple[PositionEvent, ...]]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class BuyRequest:
    """What sizing may look at.

    `equity` (cash and coins at market, JPY) and `stats` (closed trades of the Kelly window)
    are asked for if needed.
    """

    score: float
    jpy_free: Jpy
    stats: Callable[[], Awaitable[TradeStats]]
    taker_fee: Decimal
    recent_amounts: frozenset[Decimal]
    equity: Callable[[], Awaitable[Jpy]]


Size = Callable[[BuyRequest, StrategyParameters], Awaitable[tuple[Jpy, Sizing]]]


async def kelly_size(request: BuyRequest, p: StrategyParameters) -> tuple[Jpy, Sizing]:
    """Half Kelly, or tiers by score, of the free yen beyond the reserve; 0 = no order."""
    available = request.jpy_free - Jpy(Decimal(p.reserve_jpy))
    stats = await request.stats()
    amount, sizing = buy_amount(request.score, available, stats, request.taker_fee, p)
    if amount.amount < p.min_order_jpy:
        return Jpy(Decimal(0)), sizing
    return distinct_amount(amount, request.recent_amounts, p), sizing


@attrs.frozen(slots=True, weakref_slot=False)
class Policy:
    """When to analyse, what to do, how much, and when to leave."""

    due: Due
    decide: Decide
    size: Size
    exits: Exits


STANDARD = Policy(reason_for_analysis, decide, kelly_size, follow)
"""The owner's strategy."""
