"""Forecast paths and the momentum that stands in for them."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.parameters import STANDARD
from domain.scoring.forecast_score import forecast_confidence, forecast_score, quantile_spread
from domain.scoring.momentum_score import momentum_score

prices = st.floats(1e-6, 1e9)


def score(median: list[float], price: float = 100.0, std: list[float] | None = None) -> float:
    return forecast_score(median, std, price, STANDARD)


def test_a_flat_path_scores_nothing() -> None:
    assert score([100.0] * 12) == 0.0


def test_no_path_or_no_price_scores_nothing() -> None:
    assert score([]) == score([101.0], price=0.0) == score([101.0], price=-1.0) == 0.0


def test_one_step_scores_its_change_over_three_per_cent() -> None:
    assert score([101.5]) == pytest.approx(0.5)
    assert score([98.5]) == pytest.approx(-0.5)


def test_later_steps_weigh_more() -> None:
    """Weights 1/2 and 1: (0 x .5 + 1.5 x 1) / 1.5 = 1 %, of 3."""
    assert score([100.0, 101.5]) == pytest.approx(1 / 3)
    assert score([101.5, 100.0]) == pytest.approx(1 / 6)


@pytest.mark.parametrize("median", [120.0, 500.0, 80.0, 1.0])
def test_medians_twenty_per_cent_off_count_as_the_price(median: float) -> None:
    assert score([median, 100.0]) == 0.0


def test_the_trend_counts_from_six_steps_on_and_adds_at_most_fifteen_hundredths() -> None:
    five = [100.0 + 0.1 * step for step in range(5)]
    assert score(five) == pytest.approx(sum(0.1 * i * (i + 1) for i in range(5)) / 15 / 3)
    six = [100.0 + 0.1 * step for step in range(6)]
    mean = sum(0.1 * i * (i + 1) for i in range(6)) / 21
    assert score(six) == pytest.approx(mean / 3 + 0.3 * 0.3 / 3)
    steep = [99.0] * 3 + [101.0] * 3
    mean = (-1 * (1 + 2 + 3) + 1 * (4 + 5 + 6)) / 21
    assert score(steep) == pytest.approx(mean / 3 + 0.15)


@pytest.mark.parametrize(
    ("deviation", "factor"), [(0.0, 1.0), (1.0, 1.0), (3.0, 0.75), (5.0, 0.5), (50.0, 0.5)]
)
def test_an_uncertain_path_is_damped_to_a_half_at_most(deviation: float, factor: float) -> None:
    assert score([101.5], std=[deviation]) == pytest.approx(0.5 * factor)


@given(st.lists(prices, min_size=1, max_size=20), prices)
@settings(deadline=None)
def test_any_path_scores_from_minus_one_to_one(median: list[float], price: float) -> None:
    assert -1.0 <= score(median, price) <= 1.0


def test_the_spread_of_quantiles_becomes_a_deviation() -> None:
    assert quantile_spread([98.72], [101.28]) == pytest.approx([1.0])
    assert quantile_spread([101.28], [98.72]) == pytest.approx([1.0])


def test_confidence_falls_with_the_spread() -> None:
    steps, mean = forecast_confidence([100.0, 98.72], [100.0, 100.0], [100.0, 101.28])
    assert steps == pytest.approx([1.0, 1 / 1.1])
    assert mean == pytest.approx((1.0 + 1 / 1.1) / 2)


def test_a_median_of_nothing_is_half_sure() -> None:
    assert forecast_confidence([0.0], [0.0], [1.0]) == ([0.5], 0.5)
    assert forecast_confidence([], [], []) == ([], 0.0)


def test_quantiles_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        quantile_spread([1.0], [1.0, 2.0])


def test_momentum_weighs_five_and_ten_candles() -> None:
    """+1 % over 5 and +2 % over 10 candles: (0.6 + 0.8) / 2."""
    closes = [99.0196078431372549] * 5 + [100.0] + [100.5] * 4 + [101.0]
    closes[0] = 101.0 / 1.02
    assert momentum_score(closes, STANDARD) == pytest.approx((0.6 * 1.0 + 0.4 * 2.0) / 2)


def test_momentum_needs_ten_candles() -> None:
    assert momentum_score([1.0] * 8 + [2.0], STANDARD) == 0.0
    assert momentum_score([1.0] * 9 + [2.0], STANDARD) == 1.0
    assert momentum_score([100.0] * 9 + [101.0], STANDARD) == pytest.approx(0.3)


@given(st.lists(prices, max_size=15))
@settings(deadline=None)
def test_momentum_stays_from_minus_one_to_one(closes: list[float]) -> None:
    assert -1.0 <= momentum_score(closes, STANDARD) <= 1.0


def test_the_constants_are_parameters() -> None:
    p = attrs.evolve(STANDARD, forecast_full_scale_pct=6.0)
    assert forecast_score([101.5], None, 100.0, p) == pytest.approx(0.25)
