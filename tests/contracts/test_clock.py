"""Time only goes on; a simulated clock moves when told or waited for."""

import asyncio

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.clock.system import SystemClock
from application.ports.clock import Clock

CLOCKS = {"simulated": lambda: SimulatedClock(1_735_689_600_000), "system": SystemClock}
moments = st.integers(0, 4_000_000_000_000)


@pytest.mark.parametrize("make", CLOCKS.values(), ids=CLOCKS)
def test_now_is_whole_milliseconds_and_never_goes_back(make) -> None:
    clock: Clock = make()
    before = clock.now()
    asyncio.run(clock.sleep(0))
    assert type(before) is int
    assert clock.now() >= before > 1_700_000_000_000


@given(start=moments, goals=st.lists(moments))
def test_a_simulated_clock_goes_to_the_latest_moment_it_was_told(
    start: int, goals: list[int]
) -> None:
    clock = SimulatedClock(start)
    for goal in goals:
        clock.move_to(goal)
    assert clock.now() == max([start, *goals])


@pytest.mark.parametrize(("seconds", "moved"), [(1.0, 1_000), (0.25, 250), (0, 0), (90, 90_000)])
def test_waiting_moves_a_simulated_clock_by_just_that(seconds: float, moved: int) -> None:
    clock = SimulatedClock(5)
    asyncio.run(clock.sleep(seconds))
    assert clock.now() == 5 + moved


def test_a_simulated_clock_stands_still_by_itself() -> None:
    clock = SimulatedClock(7)
    assert [clock.now() for _ in range(3)] == [7, 7, 7]


def test_the_system_clock_tells_milliseconds_since_1970_utc() -> None:
    with freeze_time("2025-01-01T00:00:00Z"):
        assert SystemClock().now() == 1_735_689_600_000
