"""The deflated Sharpe ratio: known figures, and what more tries and more data do to it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tuning.deflated_sharpe import deflated_sharpe, expected_best

DAYS = math.sqrt(252)


@pytest.mark.parametrize(
    ("tries", "best", "probability"),
    [(1, 0.0, 0.993), (40, 2.189, 0.299), (100, 2.531, 0.161), (1_000, 3.255, 0.024)],
)
def test_the_known_figures(tries: int, best: float, probability: float) -> None:
    """1.8 a year over 504 days, skew -0.6, excess kurtosis 4.5; tries spread by 1 a year."""
    found = deflated_sharpe(
        1.8 / DAYS, 504, skew=-0.6, excess_kurtosis=4.5, tries=tries, spread=1.0 / DAYS
    )
    assert expected_best(tries) == pytest.approx(best, abs=5e-4)
    assert found == pytest.approx(probability, abs=5e-4)


SHARPES = st.floats(-0.5, 0.5)
SHAPES = st.fixed_dictionaries(
    {"skew": st.floats(-1.5, 1.5), "excess_kurtosis": st.floats(0.5, 20)}
)


@given(SHARPES, st.integers(3, 5_000), SHAPES, st.integers(1, 10**6), st.floats(0.001, 0.2))
def test_it_is_a_probability_and_falls_with_tries(sharpe, periods, shape, tries, spread) -> None:
    found = deflated_sharpe(sharpe, periods, **shape, tries=tries, spread=spread)
    more = deflated_sharpe(sharpe, periods, **shape, tries=tries + 1, spread=spread)
    assert 0.0 <= more <= found <= 1.0


@given(st.floats(0.01, 0.5), st.integers(3, 5_000), SHAPES)
def test_more_data_make_a_good_ratio_surer(sharpe, periods, shape) -> None:
    few, many = (
        deflated_sharpe(sharpe, count, **shape, tries=1, spread=0.0)
        for count in (periods, 2 * periods)
    )
    assert 0.5 <= few <= many


def test_too_little_is_not_enough() -> None:
    assert deflated_sharpe(3.0, 2, skew=0, excess_kurtosis=0, tries=1, spread=0) == 0.0
    assert deflated_sharpe(2.0, 50, skew=5, excess_kurtosis=0, tries=1, spread=0) == 0.0
    assert expected_best(0) == expected_best(1) == 0.0
