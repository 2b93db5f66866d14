"""Parameters are what is configured and what the log made of it; the owner's hand wins."""

from domain.events import ParameterMove, ParametersChanged, ParametersRolledBack
from domain.parameters import STANDARD
from domain.tuning.in_force import ParameterHistory

UP = ParameterMove("buy_threshold", 0.25, 0.28)
BACK = ParameterMove("buy_threshold", 0.28, 0.25)
FURTHER = ParameterMove("buy_threshold", 0.28, 0.31)


def changed(*moves: ParameterMove, name: str = "a") -> ParametersChanged:
    return ParametersChanged(
        change=name, day="2026-01-01", proposer="x", moves=moves, days=1, gain_jpy=1.0,
        probability=1.0, tried=1,
    )  # fmt: skip


def test_without_changes_it_is_what_is_configured() -> None:
    history = ParameterHistory.of(STANDARD, [])
    assert history.newest is STANDARD
    assert history.at(-5) is STANDARD


def test_a_change_holds_from_its_own_moment_on() -> None:
    history = ParameterHistory.of(
        STANDARD, [(1_000, changed(UP)), (2_000, changed(FURTHER, name="b"))]
    )
    seen = [history.at(moment).buy_threshold for moment in (0, 999, 1_000, 1_999, 2_000, 10**13)]
    assert seen == [0.25, 0.25, 0.28, 0.28, 0.31, 0.31]
    assert history.newest.buy_threshold == 0.31


def test_taken_back_it_is_as_before_but_not_for_then() -> None:
    back = ParametersRolledBack("a", "2026-01-15", (BACK,), "review")
    history = ParameterHistory.of(STANDARD, [(1_000, changed(UP)), (2_000, back)])
    assert history.newest == STANDARD
    assert history.at(1_500).buy_threshold == 0.28


def test_a_change_of_what_is_configured_otherwise_now_is_overtaken() -> None:
    owners = STANDARD.with_settings(["buy_threshold=0.30"])
    history = ParameterHistory.of(owners, [(1_000, changed(UP))])
    assert history.newest is owners
    assert history.overtaken == ("a",)


def test_a_change_that_cannot_be_applied_is_overtaken() -> None:
    one_sided = ParameterMove("weight_technical", 0.35, 0.40)
    history = ParameterHistory.of(STANDARD, [(1_000, changed(one_sided))])
    assert history.newest is STANDARD
    assert history.overtaken == ("a",)
