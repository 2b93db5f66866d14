"""Outages begin and end where the plan says, and never outlive it."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instant import DAY, MINUTE
from entrypoints.fakes.weather import LONGEST, SHORTEST, Outage, Service, Weather, outages

KINDS = {"prices": ("503", "html"), "news": ("slow",)}
seeds = st.integers(0, 10_000)


@given(seed=seeds, start=st.integers(0, 2**40), days=st.integers(0, 10))
def test_outages_of_a_service_follow_one_another_within_the_time(seed, start, days) -> None:
    end = start + days * DAY
    found = outages(seed, KINDS, start, end)
    assert found == outages(seed, KINDS, start, end)
    assert list(found) == sorted(found, key=lambda one: one.begins)
    last: dict[str, int] = defaultdict(lambda: start)
    for one in found:
        assert one.fault in KINDS[one.service]
        assert last[one.service] <= one.begins < one.ends <= end
        assert SHORTEST <= one.ends - one.begins <= LONGEST
        last[one.service] = one.ends


def test_a_month_brings_some_of_everything() -> None:
    found = outages(1, KINDS, 0, 30 * DAY)
    assert {(one.service, one.fault) for one in found} == {
        ("prices", "503"),
        ("prices", "html"),
        ("news", "slow"),
    }


class Switch:
    """Notes what a service was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    @property
    def service(self) -> Service:
        return Service(
            name="prices", faults=("503",), begin=self.said.append, end=lambda: self.said.append("")
        )


@pytest.mark.parametrize("step", [1, 3, 20])
def test_it_turns_with_the_time(step: int) -> None:
    switch = Switch()
    plan = [Outage("prices", "503", 2 * MINUTE, 5 * MINUTE), Outage("prices", "html", 8, 9)]
    weather = Weather([switch.service], sorted(plan, key=lambda one: one.begins))
    for minute in range(0, 21, step):
        weather.turn(minute * MINUTE)
    assert switch.said == ([] if step == 20 else ["503", ""])
    assert len(weather.had) == 2, "one was over between two ticks"


def test_clearing_ends_what_lasts_and_brings_nothing_more() -> None:
    switch = Switch()
    weather = Weather(
        [switch.service], [Outage("prices", "503", 1, 99), Outage("prices", "x", 5, 9)]
    )
    weather.turn(2)
    weather.clear()
    weather.turn(50)
    assert switch.said == ["503", ""]
