"""When a position is left: stop-loss, then peak and trailing stop, then take-profit.

The order matters: with take-profit first, the upper tiers of the trailing stop could never act.
"""

import functools
from decimal import Decimal

from domain.events import (
    EntryDisbelieved,
    PeakRaised,
    PositionEvent,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.money import Jpy
from domain.parameters import StrategyParameters
from domain.trading.position import OpenPosition

_HUNDRED = Decimal(100)


def entry_levels(entry: Jpy, p: StrategyParameters) -> tuple[Jpy, Jpy]:
    """First stop and take-profit (JPY) of a position entered at `entry`."""
    return (
        entry * (1 - _decimal(p.stop_loss_pct) / _HUNDRED),
        entry * (1 + _decimal(p.take_profit_pct) / _HUNDRED),
    )


def trailing_stop(entry: Jpy, stop: Jpy, peak: Jpy, p: StrategyParameters) -> Jpy | None:
    """The new, higher stop for a peak (JPY), or None when the stop stays where it is."""
    if entry.amount <= 0:
        return None
    gain_pct = float((peak.amount / entry.amount - 1) * _HUNDRED)
    factor = _trail_factor(gain_pct, p)
    if factor is None:
        return None
    raised = max(peak * _decimal(factor), entry * _decimal(p.breakeven_factor))
    return raised if raised > stop else None


def follow(holding: OpenPosition, price: Jpy, p: StrategyParameters) -> tuple[PositionEvent, ...]:
    """What one price (JPY) does to an open position; () when nothing changes.

    An entry more than `entry_disbelief_pct` of the market price away from it is not believed:
    one of the two is wrong, so a human is told, once, and nothing is sold.
    """
    now, entry = price.amount, holding.entry.amount
    if abs(now - entry) * 100 > now * _decimal(p.entry_disbelief_pct):
        if holding.is_doubted:
            return ()  # told already
        return (EntryDisbelieved(holding.position, holding.pair, price, holding.entry),)
    if now <= holding.stop.amount:
        return (StopLossHit(holding.position, holding.pair, price, holding.stop),)
    events: tuple[PositionEvent, ...] = ()
    if now > holding.peak.amount:
        events = (PeakRaised(holding.position, holding.pair, price),)
        stop = trailing_stop(holding.entry, holding.stop, price, p)
        if stop is not None:
            gain_pct = float((now / entry - 1) * _HUNDRED)
            events += (TrailingStopRaised(holding.position, holding.pair, stop, gain_pct),)
    if now >= holding.take_profit.amount:
        events += (TakeProfitHit(holding.position, holding.pair, price, holding.take_profit),)
    return events


def _trail_factor(gain_pct: float, p: StrategyParameters) -> float | None:
    """The share of the peak that the stop is set to, by the gain at the peak in %."""
    if gain_pct < p.trail_1_gain_pct:
        return None
    if gain_pct < p.trail_2_gain_pct:
        return p.trail_1_factor
    if gain_pct < p.trail_3_gain_pct:
        return p.trail_2_factor
    return p.trail_3_factor if gain_pct < p.trail_4_gain_pct else p.trail_4_factor


@functools.cache
def _decimal(number: float) -> Decimal:
    """A parameter as the decimal that it was written as."""
    return Decimal(repr(number))
