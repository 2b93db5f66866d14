"""How far a win rate can be trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tuning.track_record import wilson_interval


def test_no_trades_tell_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_five_of_ten_by_hand() -> None:
    # centre 0.5; reach 1.96 sqrt(0.025 + 0.009604) / 1.38416
    assert wilson_interval(5, 10) == pytest.approx((0.236589, 0.763411), abs=1e-6)


def test_without_a_win_the_lower_bound_is_0() -> None:
    low, high = wilson_interval(0, 5)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert high == pytest.approx(3.8416 / 8.8416)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate_and_mirrors(record: tuple[int, int]) -> None:
    wins, total = record
    low, high = wilson_interval(wins, total)
    assert 0.0 <= low <= wins / total + 1e-12
    assert wins / total - 1e-12 <= high <= 1.0
    other_low, other_high = wilson_interval(total - wins, total)
    assert (other_low, other_high) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.integers(1, 200), st.integers(2, 5))
def test_more_trades_of_one_rate_narrow_the_interval(wins: int, times: int) -> None:
    low, high = wilson_interval(wins, 2 * wins)
    narrow_low, narrow_high = wilson_interval(times * wins, 2 * times * wins)
    assert narrow_high - narrow_low < high - low


def test_the_width_rule_of_0_40_alone_passes_21_trades_of_any_record() -> None:
    for wins in range(22):
        low, high = wilson_interval(wins, 21)
        assert high - low < 0.40
