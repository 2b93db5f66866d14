"""Positions that several machines give out without asking each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.commit_order import MOST, PER_MS, CommitOrder, months
from application.errors import Broken
from domain.instant import DAY
from tests.given.history import START

instants = st.integers(START, START + 10 * DAY)


@given(st.lists(st.tuples(st.integers(0, 2), instants, st.integers(1, 100)), min_size=1))
def test_positions_only_rise_for_whoever_reads(moves: list[tuple[int, int, int]]) -> None:
    clocks = [SimulatedClock() for _ in range(3)]
    orders = [CommitOrder(clock) for clock in clocks]
    newest = 0
    for writer, now, count in moves:
        clocks[writer].move_to(now)
        orders[writer].saw(newest)
        taken = list(orders[writer].take([f"s{number}@1 w{writer}" for number in range(count)]))
        assert taken == list(range(taken[0], taken[0] + count)), "one append is consecutive"
        assert taken[0] > newest
        assert taken[0] >= clocks[writer].now() * PER_MS
        newest = taken[-1]
    assert newest < 2**63


def test_two_writers_of_one_moment_take_different_positions() -> None:
    taken = [
        CommitOrder(SimulatedClock(START)).take([f"order/{number}@1 w"])[0] for number in range(20)
    ]
    assert len(set(taken)) == 20


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    december = 1_766_000_000_000
    assert [*months(december * PER_MS, (december + 60 * DAY) * PER_MS)] == [
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert next(months(0, december * PER_MS)) == "2025-01"


def test_positions_fit_until_the_year_2262() -> None:
    late = 9_200_000_000_000
    taken = CommitOrder(SimulatedClock(late)).take(["a@1 w"] * MOST)
    assert taken[-1] < 2**63


def test_a_clock_from_before_every_log_takes_no_position() -> None:
    order = CommitOrder(SimulatedClock(0))
    with pytest.raises(Broken, match="the clock says 1970-01"):
        order.take(["a@1 w"])
    assert order.newest == 0
