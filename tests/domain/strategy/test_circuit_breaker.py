"""When losses stop buying, and when buying resumes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import CircuitBreakerReset, CircuitBreakerTripped
from domain.instant import DAY, HOUR, MINUTE
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.strategy.circuit_breaker import Breaker, after_close, apply, may_reset, tripped_by

START = 1_760_000_100_000


def after(*gains: int, every: int = MINUTE) -> Breaker:
    """The breaker after positions closed with these gains, one after another."""
    breaker = Breaker()
    for number, gain in enumerate(gains):
        breaker = after_close(breaker, START + number * every, Jpy.of(gain))
    return breaker


def trip(breaker: Breaker) -> CircuitBreakerTripped | None:
    return tripped_by(breaker, STANDARD)


def tripped(*gains: int) -> Breaker:
    breaker = after(*gains)
    event = trip(breaker)
    assert event is not None
    return apply(breaker, event, START + HOUR)


def test_no_trades_trip_nothing() -> None:
    assert trip(Breaker()) is None


def test_a_loss_of_the_limit_is_borne_and_a_yen_more_trips() -> None:
    assert trip(after(-15_000)) is None
    assert trip(after(-15_001)) == CircuitBreakerTripped("loss_24h", Jpy.of(15_001), 1)


def test_gains_of_the_day_count_against_its_losses() -> None:
    assert trip(after(4_000, -10_000, -9_000)) is None
    assert trip(after(3_999, -10_000, -9_000)) == CircuitBreakerTripped(
        "loss_24h", Jpy.of(15_001), 2
    )


def test_a_loss_is_forgotten_after_24_hours() -> None:
    assert trip(after(-8_000, -8_000, every=DAY)) is None
    assert trip(after(-8_000, -8_000, every=DAY - 1)) is not None
    assert len(after(-1, -1, -1, every=DAY).results) == 1


def test_the_fifth_loss_in_a_row_trips() -> None:
    assert trip(after(-1, -1, -1, -1)) is None
    assert trip(after(-1, -1, -1, -1, -1)) == CircuitBreakerTripped("losses_in_a_row", Jpy.of(5), 5)


def test_a_streak_may_last_for_days() -> None:
    found = trip(after(-1, -1, -1, -1, -1, every=DAY))
    assert found == CircuitBreakerTripped("losses_in_a_row", Jpy.of(1), 5)


@pytest.mark.parametrize("gain", [0, 1, 5_000])
def test_what_is_not_a_loss_ends_the_streak(gain: int) -> None:
    assert after(-1, -1, -1, -1, gain).losses_in_a_row == 0
    assert trip(after(-1, -1, -1, -1, gain, -1)) is None


def test_a_tripped_breaker_does_not_trip_again() -> None:
    breaker = after_close(tripped(-20_000), START + 2 * HOUR, Jpy.of(-20_000))
    assert trip(breaker) is None


def test_buying_resumes_six_hours_after_the_trip() -> None:
    breaker = tripped(-20_000)
    assert breaker.tripped_at == START + HOUR
    assert not may_reset(breaker, START + 7 * HOUR - 1, STANDARD)
    assert may_reset(breaker, START + 7 * HOUR, STANDARD)


def test_a_closed_breaker_has_nothing_to_reset() -> None:
    assert not may_reset(after(-1), START + DAY, STANDARD)


def test_after_a_reset_the_streak_starts_at_nought() -> None:
    breaker = apply(tripped(-1, -1, -1, -1, -1), CircuitBreakerReset(), START + 7 * HOUR)
    assert (breaker.tripped_at, breaker.losses_in_a_row) == (None, 0)
    for number in range(4):
        breaker = after_close(breaker, START + 8 * HOUR + number, Jpy.of(-1))
    assert trip(breaker) is None
    assert trip(after_close(breaker, START + 9 * HOUR, Jpy.of(-1))) is not None


def test_losses_while_tripped_do_not_count_after_the_reset() -> None:
    breaker = after_close(tripped(-1, -1, -1, -1, -1), START + 2 * HOUR, Jpy.of(-1))
    assert breaker.losses_in_a_row == 6
    assert apply(breaker, CircuitBreakerReset(), START + 7 * HOUR).losses_in_a_row == 0


@given(st.lists(st.integers(-6_000, 6_000), max_size=30))
def test_the_breaker_counts_what_can_be_counted_by_hand(gains: list[int]) -> None:
    breaker = after(*gains)
    streak = 0
    for gain in gains:
        streak = streak + 1 if gain < 0 else 0
    assert breaker.losses_in_a_row == streak
    assert (trip(breaker) is not None) == (sum(gains) < -15_000 or streak >= 5)
