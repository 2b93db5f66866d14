"""Kelly or tiers -> yen."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Jpy
from domain.parameters import STANDARD
from domain.strategy.position_size import buy_amount, buy_fraction
from domain.strategy.trade_stats import TradeStats, trade_stats

NO_FEE = Decimal(0)
NO_TRADES = trade_stats([])
GOOD = trade_stats([4.0, 4.0, 4.0, -2.0, -2.0])


def amount(score: float, available: int, stats: TradeStats, fee: Decimal = NO_FEE) -> Decimal:
    return buy_amount(score, Jpy(Decimal(available)), stats, fee, STANDARD)[0].amount


@pytest.mark.parametrize(
    ("score", "share"),
    [(0.45, 0.60), (0.449, 0.45), (0.35, 0.45), (0.25, 0.30), (0.15, 0.20), (0.149, 0.0)],
)
def test_with_few_trades_the_score_picks_a_tier(score: float, share: float) -> None:
    for stats in (NO_TRADES, trade_stats([1.0, -1.0, 1.0, -1.0])):
        found = buy_fraction(score, stats, STANDARD)
        assert (found.method, found.fraction) == ("tier", share)


def test_with_no_losing_trade_the_score_picks_a_tier() -> None:
    assert buy_fraction(0.3, trade_stats([1.0] * 9), STANDARD).method == "tier"


def test_half_kelly_by_hand() -> None:
    # p = 0.6, b = 2: f = (1.2 - 0.4) / 2 = 0.4; score 0.30 counts half: 0.5 x 0.4 x 0.5
    found = buy_fraction(0.30, GOOD, STANDARD)
    assert (found.method, found.payoff_ratio) == ("kelly", 2.0)
    assert found.fraction == pytest.approx(0.1)
    assert buy_fraction(0.9, GOOD, STANDARD).fraction == pytest.approx(0.2)


def test_the_fraction_stays_between_10_and_80_percent() -> None:
    assert buy_fraction(0.1, GOOD, STANDARD).fraction == 0.10
    sure = trade_stats([90.0] * 99 + [-0.1])
    assert buy_fraction(1.0, sure, STANDARD).fraction <= 0.80


def test_an_unfavourable_record_buys_nothing() -> None:
    losing = trade_stats([1.0, 1.0, -1.0, -1.0, -1.0])
    assert buy_fraction(0.9, losing, STANDARD).fraction == 0.0
    assert amount(0.9, 100_000, losing) == 0


def test_five_trades_without_a_winner_buy_nothing() -> None:
    assert buy_fraction(0.9, trade_stats([-1.0] * 5), STANDARD).method == "no_winner"
    assert amount(0.9, 100_000, trade_stats([-1.0] * 5)) == 0
    assert amount(0.9, 100_000, trade_stats([0.0] * 5)) == 0


def test_the_fee_is_left_over() -> None:
    assert amount(0.30, 10_000, NO_TRADES, Decimal("0.001")) == Decimal(3000) / Decimal("1.001")


def test_the_amount_is_capped() -> None:
    assert amount(0.9, 1_000_000, NO_TRADES) == 15_000


def test_under_500_yen_there_is_no_order() -> None:
    assert amount(0.15, 2_499, NO_TRADES) == 0
    assert amount(0.15, 2_500, NO_TRADES) == 500


def test_nothing_available_is_no_order() -> None:
    assert amount(0.9, 0, NO_TRADES) == 0
    assert amount(0.9, -700, NO_TRADES) == 0


def test_the_sizing_tells_how_the_amount_came_about() -> None:
    _, sizing = buy_amount(0.9, Jpy(Decimal(1000)), GOOD, NO_FEE, STANDARD)
    assert (sizing.method, sizing.trades, sizing.win_rate) == ("kelly", 5, 0.6)
    assert (sizing.payoff_ratio, sizing.cap) == (2.0, Jpy(Decimal(15_000)))
    assert sizing.fraction == pytest.approx(0.2)


records = st.lists(st.floats(-50, 50), max_size=30)


@given(st.floats(-1, 1), st.floats(-1, 1), records, st.integers(-1000, 10**7))
def test_a_better_score_never_buys_less(
    a: float, b: float, gains: list[float], available: int
) -> None:
    low, high = sorted((a, b))
    stats = trade_stats(gains)
    assert amount(low, available, stats) <= amount(high, available, stats)


@given(st.floats(-1, 1), records, st.integers(-1000, 10**7), st.decimals(0, "0.01", places=4))
def test_an_amount_is_0_or_between_the_minimum_and_what_is_there(
    score: float, gains: list[float], available: int, fee: Decimal
) -> None:
    found = amount(score, available, trade_stats(gains), fee)
    assert found == 0 or (found >= 500 and found <= min(15_000, available))
    assert found * (1 + fee) <= max(available, 0)


def test_trade_stats_by_hand() -> None:
    assert trade_stats([3.0, -1.0, 0.0, 1.0]) == TradeStats(4, 2, 0.5, 2.0, 0.5)


def test_no_trades_have_no_statistics() -> None:
    assert trade_stats([]) == TradeStats(0, 0, None, None, None)


@given(records)
def test_wins_and_losses_make_up_the_mean(gains: list[float]) -> None:
    seen = trade_stats(gains)
    if seen.mean_win_pct is not None and seen.mean_loss_pct is not None:
        total = seen.wins * seen.mean_win_pct - (seen.trades - seen.wins) * seen.mean_loss_pct
        assert total == pytest.approx(sum(gains), abs=1e-9)
