"""Whether a fill's price can be true; one that is far off may belong to somebody else's order."""

from collections.abc import Iterable
from decimal import Decimal

from domain.events import Side
from domain.money import Jpy
from domain.parameters import StrategyParameters


def is_believable(side: Side, price: Jpy, seen: Iterable[Jpy], p: StrategyParameters) -> bool:
    """True when the price is near any of the market prices seen (when sent, or now).

    At most 50 % off for a buy and 15 % for a sell; against either, because the market may have
    fallen through a gap between the two.
    """
    limit = p.fill_disbelief_buy_pct if side is Side.BUY else p.fill_disbelief_sell_pct
    return any(
        abs(price.amount - one.amount) * 100 <= one.amount * Decimal(repr(limit)) for one in seen
    )
