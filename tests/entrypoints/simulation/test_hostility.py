"""Faults are drawn from the seed, kind by kind, and stop when the world is healed."""

import pytest

from adapters.clock.simulated import SimulatedClock
from application.errors import Broken, ConfigurationError, Retryable
from entrypoints.simulation.catalogue import KINDS, STEPS
from entrypoints.simulation.hostility import Crash, Hostility, asked_rates, drawn_rates


def test_every_fault_names_steps_that_exist() -> None:
    for kind in KINDS.values():
        assert kind.steps
        assert set(kind.steps) <= set(STEPS)
        assert 0 < kind.most <= 1


def test_a_seed_draws_rates_within_the_catalogue_and_some_seeds_none() -> None:
    for seed in range(40):
        rates = drawn_rates(seed)
        assert rates == drawn_rates(seed)
        assert all(0 <= rate <= KINDS[name].most for name, rate in rates.items())
    assert drawn_rates(9) == drawn_rates(19) == {}
    assert {name for seed in range(40) for name in drawn_rates(seed)} == set(KINDS)


def test_leaving_a_kind_out_does_not_move_the_others() -> None:
    both = Hostility(3, {"throttled": 0.3, "reply-lost": 0.3}, SimulatedClock())
    one = Hostility(3, {"reply-lost": 0.3}, SimulatedClock())
    for _ in range(50):
        both.strikes("throttled", "price")
        assert both.strikes("reply-lost", "place") == one.strikes("reply-lost", "place")
    assert one.struck["reply-lost", "place"] > 5


def test_an_outage_lasts_and_ends() -> None:
    clock = SimulatedClock(0)
    hostility = Hostility(1, {"outage-exchange": 1.0}, clock)
    with pytest.raises(Retryable, match="exchange is down"):
        hostility.fail("price", "exchange")
    clock.move_to(121 * 60_000)
    hostility.heal()
    hostility.fail("price", "exchange")


@pytest.mark.parametrize(
    ("kind", "error"),
    [("throttled", Retryable), ("server-error", Retryable), ("unreadable", Broken)],
)
def test_a_call_meets_its_faults_until_the_world_is_healed(kind: str, error: type) -> None:
    hostility = Hostility(1, {kind: 1.0}, SimulatedClock())
    with pytest.raises(error):
        hostility.fail("price", "exchange")
    hostility.heal()
    hostility.fail("price", "exchange")
    assert hostility.struck == {(kind, "price"): 1}


def test_no_handler_of_errors_catches_a_crash() -> None:
    hostility = Hostility(1, {"crash-before": 1.0}, SimulatedClock())
    with pytest.raises(Crash, match="before log sending"):
        hostility.die("before", "log sending")
    assert not issubclass(Crash, Exception)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no-such-fault=0.1", "no-such-fault"),
        ("reply-lost=often", "reply-lost=often"),
        ("reply-lost=1.5", "reply-lost=1.5"),
        ("reply-lost=nan", "reply-lost=nan"),
    ],
)
def test_a_fault_that_cannot_be_is_named(text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        asked_rates(text, 0)


def test_faults_can_be_asked_for_by_name() -> None:
    assert asked_rates("none", 1) == {}
    assert asked_rates("all", 1) == drawn_rates(1)
    assert asked_rates("reply-lost=0.25, throttled", 1) == {"reply-lost": 0.25, "throttled": 0.5}
