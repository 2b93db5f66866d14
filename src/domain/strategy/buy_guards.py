"""Everything that must hold before a buy is sent, each with its reason for refusal."""

from decimal import Decimal

import attrs

from domain.events import Refusal
from domain.instant import SECOND
from domain.money import Jpy
from domain.parameters import StrategyParameters


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class BuyCircumstances:
    """What is known just before a buy: JPY prices, coins held, and the state of the system."""

    pair: str
    signal_age_ms: int
    open_positions: int
    coins_held: Decimal
    dust_limit: Decimal
    bid: Jpy
    ask: Jpy
    breaker_tripped: bool


def refusal_of(seen: BuyCircumstances, p: StrategyParameters) -> Refusal | None:
    """The first guard that stops the buy, or None when all hold."""
    spread_pct = float((seen.ask.amount - seen.bid.amount) / seen.bid.amount * 100)
    checks = (
        ("breaker_closed", float(seen.breaker_tripped), "<", 1.0),
        ("signal_age_s", seen.signal_age_ms / SECOND, "<", float(p.signal_age_max_s)),
        ("open_positions", float(seen.open_positions), "<", float(p.max_positions_per_pair)),
        ("coins_held", float(seen.coins_held), "<", float(seen.dust_limit)),
        ("spread_pct", spread_pct, "<=", p.spread_max_pct),
    )
    for guard, value, operator, limit in checks:
        holds = value <= limit if operator == "<=" else value < limit
        if not holds:
            return Refusal(seen.pair, guard, value, operator, limit)
    return None
