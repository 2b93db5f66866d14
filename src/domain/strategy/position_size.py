"""Kelly or tiers -> yen to spend.

Kelly's fraction for a bet won with probability p that pays b per unit lost: f = (p b - (1-p)) / b
(J. L. Kelly, A New Interpretation of Information Rate, 1956).
"""

from decimal import Decimal

import attrs

from domain.events import Sizing
from domain.money import Jpy
from domain.parameters import StrategyParameters
from domain.strategy.trade_stats import TradeStats

TIERS = ((0.45, 0.60), (0.35, 0.45), (0.25, 0.30), (0.15, 0.20))
"""(score at least, share of the available yen) while there are too few trades for Kelly."""


@attrs.frozen(slots=True, weakref_slot=False)
class Fraction:
    """A share of the available yen, 0..1, and how it was found."""

    method: str
    fraction: float
    payoff_ratio: float | None


def buy_fraction(score: float, stats: TradeStats, p: StrategyParameters) -> Fraction:
    """The share of the available yen to spend on a score."""
    win_rate, win, loss = stats.win_rate, stats.mean_win_pct, stats.mean_loss_pct
    if stats.trades < p.kelly_min_trades or win_rate is None:
        return _tier(score)
    if not win:
        return Fraction("no_winner", 0.0, 0.0)
    if not loss:
        return _tier(score)
    payoff = win / loss
    kelly = (win_rate * payoff - (1.0 - win_rate)) / payoff
    if kelly <= 0.0:
        return Fraction("kelly_negative", 0.0, payoff)
    strength = (score - p.kelly_score_floor) / p.kelly_score_range
    share = p.kelly_factor * kelly * max(p.kelly_score_min, min(1.0, strength))
    share = max(p.kelly_fraction_min, min(p.kelly_fraction_max, share))
    return Fraction("kelly", share, payoff)


def _tier(score: float) -> Fraction:
    share = next((share for least, share in TIERS if score >= least), 0.0)
    return Fraction("tier", share, None)


def buy_amount(
    score: float, available: Jpy, stats: TradeStats, taker_fee: Decimal, p: StrategyParameters
) -> tuple[Jpy, Sizing]:
    """(JPY to spend, how it was found); unrounded; 0 = no order, as under `min_order_jpy`.

    `available` is what is free beyond the reserve, `taker_fee` a fraction.
    """
    found = buy_fraction(score, stats, p)
    cap = Jpy(Decimal(p.max_position_jpy))
    sizing = Sizing(
        found.method,
        available,
        found.fraction,
        cap,
        stats.trades,
        stats.win_rate,
        found.payoff_ratio,
    )
    wanted = Jpy(available.amount * Decimal(repr(found.fraction)) / (1 + taker_fee))
    amount = min(wanted, cap)
    if amount.amount < p.min_order_jpy:
        amount = Jpy(Decimal(0))
    return amount, sizing
