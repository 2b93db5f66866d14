"""What must hold before a buy is sent; the first guard that does not is told with its numbers."""

from decimal import Decimal
from typing import Any

import attrs
import pytest

from domain.events import Refusal
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.strategy.buy_guards import BuyCircumstances, refusal_of

FINE = BuyCircumstances(
    pair="eth_usdt",
    signal_age_ms=1_000,
    open_positions=0,
    coins_held=Decimal(0),
    dust_limit=Decimal("0.001"),
    bid=Jpy.of(600_000),
    ask=Jpy.of(600_600),
    breaker_tripped=False,
)


def refused(**changed: Any) -> Refusal | None:
    return refusal_of(attrs.evolve(FINE, **changed), STANDARD)


def test_a_buy_that_all_guards_let_through_is_not_refused() -> None:
    assert refused() is None


@pytest.mark.parametrize(
    ("changed", "guard", "value", "operator", "limit"),
    [
        ({"breaker_tripped": True}, "breaker_closed", 1.0, "<", 1.0),
        ({"signal_age_ms": 600_000}, "signal_age_s", 600.0, "<", 600.0),
        ({"open_positions": 1}, "open_positions", 1.0, "<", 1.0),
        ({"coins_held": Decimal("0.001")}, "coins_held", 0.001, "<", 0.001),
        ({"ask": Jpy.of(606_060)}, "spread_pct", 1.01, "<=", 1.0),
    ],
)
def test_each_guard_says_why_with_its_numbers(
    changed: dict[str, Any], guard: str, value: float, operator: str, limit: float
) -> None:
    assert refused(**changed) == Refusal("eth_usdt", guard, value, operator, limit)


@pytest.mark.parametrize(
    "changed",
    [
        {"signal_age_ms": 599_999},
        {"coins_held": Decimal("0.00099999")},
        {"ask": Jpy.of(606_000)},
        {"ask": Jpy.of(600_000)},
    ],
)
def test_at_its_limit_a_guard_still_holds(changed: dict[str, Any]) -> None:
    assert refused(**changed) is None


def test_the_first_guard_that_does_not_hold_is_told() -> None:
    worst: dict[str, Any] = {
        "breaker_tripped": True,
        "signal_age_ms": 10**6,
        "open_positions": 1,
        "coins_held": Decimal(1),
        "ask": Jpy.of(700_000),
    }
    told = []
    for name in list(worst):
        found = refused(**worst)
        assert found is not None
        told.append(found.guard)
        del worst[name]
    assert told == ["breaker_closed", "signal_age_s", "open_positions", "coins_held", "spread_pct"]
    assert refused(**worst) is None
