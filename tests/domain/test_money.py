"""Yen and Tether dollars never meet; decimals stay what was written."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import CurrencyMismatch
from domain.money import Jpy, Usdt, round_down

amounts = st.decimals(-(10**12), 10**12, places=8)
MIXED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "per": lambda one, other: one.per(other),
}


@pytest.mark.parametrize("operation", MIXED)
@pytest.mark.parametrize("other", [Usdt.of(1), Decimal(1), 1, 1.0, None], ids=repr)
def test_two_currencies_or_a_bare_number_do_not_meet(operation: str, other: object) -> None:
    with pytest.raises(CurrencyMismatch, match=f"Jpy and {type(other).__name__}"):
        MIXED[operation](Jpy.of(1), other)


def test_a_mismatch_is_a_type_error() -> None:
    assert issubclass(CurrencyMismatch, TypeError)


def test_equal_amounts_of_two_currencies_are_not_equal() -> None:
    assert Jpy.of(1) != Usdt.of(1)
    assert Jpy.of(1) != Decimal(1)
    assert len({Jpy.of(1), Usdt.of(1), Jpy.of("1.00")}) == 2


@pytest.mark.parametrize("value", [0.1, "0.1", Decimal("0.1")])
def test_a_tenth_stays_a_tenth(value: float | str | Decimal) -> None:
    assert Jpy.of(value).amount == Decimal("0.1")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_comes_back(value: float) -> None:
    assert float(Usdt.of(value).amount) == value


def test_an_amount_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Jpy.of(1).amount = Decimal(2)  # type: ignore[misc]


@given(amounts, amounts)
def test_one_currency_adds_compares_and_divides(one: Decimal, other: Decimal) -> None:
    a, b = Jpy(one), Jpy(other)
    assert (a + b).amount == one + other
    assert (a - b) == -(b - a)
    assert (a < b, a <= b, a > b, a >= b) == (one < other, one <= other, one > other, one >= other)
    assert max(a, b).amount == max(one, other)
    if other:
        assert a.per(b) == one / other


def test_a_plain_number_keeps_the_currency() -> None:
    assert Jpy.of(3) * Decimal("0.5") == Jpy.of("1.5")
    assert Jpy.of(3) * 2 == Jpy.of(6)


def test_an_amount_times_a_float_or_an_amount_is_refused() -> None:
    for factor in (0.5, Jpy.of(2)):
        with pytest.raises(TypeError):
            Jpy.of(3) * factor  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "decimals", "cut"),
    [("1.239", 2, "1.23"), ("-1.239", 2, "-1.23"), ("9.99", 0, "9"), ("5", 8, "5"), ("0", 2, "0")],
)
def test_rounding_down_cuts_towards_zero(value: str, decimals: int, cut: str) -> None:
    assert round_down(Decimal(value), decimals) == Decimal(cut)


@given(st.decimals(0, 10**9, places=10), st.integers(0, 8))
def test_rounding_down_loses_less_than_a_step(value: Decimal, decimals: int) -> None:
    cut = round_down(value, decimals)
    assert 0 <= value - cut < Decimal(1).scaleb(-decimals)
    assert round_down(cut, decimals) == cut
