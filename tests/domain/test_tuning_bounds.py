"""A change that is too large cannot be made, and most nights none may be proposed."""

from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ParameterError
from domain.instant import DAY
from domain.parameters import STANDARD
from domain.tuning.change import THRESHOLDS, WEIGHTS, Change, ParameterMove, TooFarError
from domain.tuning.gates import Evidence, shut_gates

NOW = 1_770_000_000_000
GOOD = Evidence(
    now=NOW,
    closed_24h=3,
    changed_at=NOW - 14 * DAY,
    wins=11,
    closed=21,
    gains={"eth_usdt": Decimal(5), "btc_usdt": Decimal(-3)},
)


def shut(**other: object) -> list[str]:
    return [one.gate for one in shut_gates(attrs.evolve(GOOD, **other))]


def test_all_gates_open() -> None:
    assert shut() == []
    assert shut(changed_at=None) == []
    assert shut(gains={"eth_usdt": Decimal(5)}) == [], "one coin is no market"


@pytest.mark.parametrize(
    ("other", "gate"),
    [
        ({"closed_24h": 2}, "trades_24h"),
        ({"changed_at": NOW - 14 * DAY + 1}, "rest"),
        ({"closed": 20, "wins": 20}, "trades"),
        ({"gains": {"eth_usdt": Decimal(5), "btc_usdt": Decimal(1)}}, "one_move"),
        ({"gains": {"eth_usdt": Decimal(-5), "btc_usdt": Decimal(-1)}}, "one_move"),
    ],
)
def test_each_gate_is_shut_for_itself(other: dict, gate: str) -> None:
    assert shut(**other) == [gate]


def test_the_width_alone_is_passed_from_21_trades_on_by_anything() -> None:
    assert all("width" not in shut(closed=21, wins=wins) for wins in range(22))
    assert "width" in shut(closed=20, wins=10)
    assert "width" not in shut(closed=6, wins=6)
    assert shut(closed=6, wins=6) == ["trades"]


def test_weights_move_a_little_and_go_on_summing_to_one() -> None:
    wanted = {"weight_technical": 0.30, "weight_forecast": 0.40}
    change = Change.between(STANDARD, wanted)
    after = change.applied(STANDARD)
    assert (after.weight_technical, after.weight_forecast) == (0.30, 0.40)
    assert change.undone().applied(after) == STANDARD


@pytest.mark.parametrize(
    "wanted",
    [
        {"weight_technical": 0.29, "weight_forecast": 0.41},
        {"weight_technical": 0.34},
        {"buy_threshold": 0.29},
        {"sell_threshold": -0.2},
        {"buy_threshold": 0.26, "sell_threshold": -0.14},
        {"buy_threshold": 0.26, "weight_technical": 0.35},
        {"stop_loss_pct": 4.0},
        {"buy_threshold": float("nan")},
        {"buy_threshold": STANDARD.buy_threshold},
        {},
    ],
)
def test_what_is_too_much_cannot_be_made(wanted: dict) -> None:
    if wanted.get("weight_technical") == STANDARD.weight_technical:
        Change.between(STANDARD, wanted)  # what stays as it is is not part of it
        return
    with pytest.raises(TooFarError):
        Change.between(STANDARD, wanted)


def test_a_name_stands_once() -> None:
    up, down = (ParameterMove("weight_technical", 0.35, after) for after in (0.36, 0.34))
    with pytest.raises(TooFarError, match="once"):
        Change((up, down))


@given(st.dictionaries(st.sampled_from((*WEIGHTS, *THRESHOLDS)), st.floats(-1, 1), min_size=1))
def test_whatever_comes_about_keeps_its_promises(wanted: dict[str, float]) -> None:
    try:
        after = Change.between(STANDARD, wanted).applied(STANDARD)
    except (TooFarError, ParameterError):
        return
    moved = {name: abs(getattr(after, name) - getattr(STANDARD, name)) for name in wanted}
    assert all(one <= 0.05 + 1e-9 for name, one in moved.items() if name in WEIGHTS)
    assert all(one <= 0.03 + 1e-9 for name, one in moved.items() if name in THRESHOLDS)
    assert sum(getattr(after, name) for name in WEIGHTS) == pytest.approx(1.0, abs=1e-8)
