"""What may be sent: rounding down, minimums, dust, and amounts that no recent order had.

The exchange keeps no client order id, so the amount itself tells one order of a pair from
another; that is how an order whose answer was lost is found again.
"""

from collections.abc import Collection
from decimal import Decimal

from domain.instruments import Instrument
from domain.money import Jpy, round_down
from domain.parameters import StrategyParameters


def distinct_amount(wanted: Jpy, recent: Collection[Decimal], p: StrategyParameters) -> Jpy:
    """Whole yen at or just under `wanted`, different from every recent amount of the pair."""
    amount = round_down(wanted.amount, 0)
    for less in range(p.amount_variation_jpy):
        if amount - less not in recent:
            return Jpy(amount - less)
    return Jpy(amount)


def distinct_quantity(
    wanted: Decimal, recent: Collection[Decimal], instrument: Instrument, p: StrategyParameters
) -> Decimal:
    """Coins at or just under `wanted` within the coin's decimals, unlike every recent quantity."""
    step = Decimal(1).scaleb(-instrument.decimals)
    quantity = round_down(wanted, instrument.decimals)
    for less in range(p.amount_variation_jpy):
        if quantity - less * step not in recent:
            return quantity - less * step
    return quantity


def is_dust(quantity: Decimal, instrument: Instrument) -> bool:
    """True when so few coins cannot be sold."""
    return round_down(quantity, instrument.decimals) < instrument.min_amount


def buys_sellable_coins(
    amount: Jpy, ask: Jpy, instrument: Instrument, p: StrategyParameters
) -> bool:
    """True when the coins bought for `amount` can be sold again: the minimum plus slack."""
    least = instrument.min_amount * (1 + Decimal(repr(p.sellable_slack)))
    return amount.amount >= least * ask.amount
