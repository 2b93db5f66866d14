"""Time only goes on; a simulated clock moves when told or waited for."""

import asyncio
from pathlib import Path

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.shifted import ShiftedClock, shifted_by
from adapters.clock.simulated import SimulatedClock
from adapters.clock.system import SystemClock
from application.ports.clock import Clock


def shifted(folder: Path) -> ShiftedClock:
    """The machine's clock, an hour ahead."""
    (folder / "offset").write_text("3600000", encoding="ascii")
    return shifted_by(str(folder / "offset"))


CLOCKS = {
    "simulated": lambda _: SimulatedClock(1_735_689_600_000),
    "system": lambda _: SystemClock(),
    "shifted": shifted,
}
moments = st.integers(0, 4_000_000_000_000)


@pytest.mark.parametrize("make", CLOCKS.values(), ids=CLOCKS)
def test_now_is_whole_milliseconds_and_never_goes_back(make, tmp_path: Path) -> None:
    clock: Clock = make(tmp_path)
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


def test_all_who_read_a_file_have_the_time_of_whoever_moved_it_last(tmp_path: Path) -> None:
    with freeze_time("2025-01-01T00:00:00Z"):
        one, other = shifted(tmp_path), ShiftedClock(tmp_path / "offset")
        assert one.now() == other.now() == 1_735_689_600_000 + 3_600_000
        one.move_to(1_800_000_000_000)
        assert one.now() == other.now() == 1_800_000_000_000
        assert [path.name for path in tmp_path.iterdir()] == ["offset"]
    with freeze_time("2025-01-01T00:00:07Z"):
        assert other.now() == 1_800_000_007_000, "it goes on from there"


def test_an_empty_file_shifts_nothing(tmp_path: Path) -> None:
    (tmp_path / "offset").write_text("", encoding="ascii")
    with freeze_time("2025-01-01T00:00:00Z"):
        assert ShiftedClock(tmp_path / "offset").now() == 1_735_689_600_000
