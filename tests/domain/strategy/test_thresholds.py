"""How good is good enough today."""

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import TechnicalReading
from domain.parameters import STANDARD
from domain.scoring.technical_score import technical_readings
from domain.strategy.thresholds import sell_threshold_of, thresholds
from tests.domain.candles import random_walk

widths = st.lists(st.floats(1e-6, 0.2), max_size=8)


def reading(histogram: float, slope: float) -> TechnicalReading:
    found = technical_readings(random_walk(250, 1), np.array([249]), STANDARD)[0]
    assert found is not None
    return attrs.evolve(found, macd_histogram=histogram, histogram_slope=slope)


@pytest.mark.parametrize(
    ("width", "factor"), [(0.0, 0.67), (0.013, 0.67), (0.03, 1.0), (0.045, 1.5), (0.06, 2.0)]
)
def test_thresholds_follow_volatility_between_floor_and_ceiling(
    width: float, factor: float
) -> None:
    found = thresholds([width] * 6, 50, STANDARD)
    assert found.volatility == pytest.approx(factor)
    assert (found.buy, found.sell) == pytest.approx((0.25 * factor, -0.13 * factor))


def test_without_widths_the_base_thresholds_hold() -> None:
    assert attrs.astuple(thresholds([], None, STANDARD)) == (0.25, -0.13, 1.0, 1.0)


@pytest.mark.parametrize(
    ("index", "factor"), [(20, 1.35), (21, 1.0), (79, 1.0), (80, 1.2), (None, 1.0)]
)
def test_extremes_of_mood_make_buying_harder_and_leave_selling(
    index: int | None, factor: float
) -> None:
    found = thresholds([0.03], index, STANDARD)
    assert found.buy == pytest.approx(0.25 * factor)
    assert found.sell == -0.13


@given(widths, st.floats(1.0, 10.0), st.none() | st.integers(0, 100))
def test_more_volatility_never_makes_a_trade_easier(
    some: list[float], more: float, mood: int | None
) -> None:
    calm = thresholds(some, mood, STANDARD)
    wild = thresholds([one * more for one in some], mood, STANDARD)
    assert wild.buy >= calm.buy > 0.0
    assert wild.sell <= calm.sell < 0.0


def test_the_sell_threshold_is_halved_where_a_rise_is_fading() -> None:
    limits = thresholds([0.03], None, STANDARD)
    assert sell_threshold_of(limits, reading(0.1, -0.31), STANDARD) == pytest.approx(-0.065)


@pytest.mark.parametrize(("histogram", "slope"), [(0.1, -0.3), (0.0, -0.9), (-0.1, -0.9), (1, 1)])
def test_otherwise_the_sell_threshold_is_that_of_all(histogram: float, slope: float) -> None:
    limits = thresholds([0.03], None, STANDARD)
    assert sell_threshold_of(limits, reading(histogram, slope), STANDARD) == limits.sell
    assert sell_threshold_of(limits, None, STANDARD) == limits.sell
