"""What may be sent: whole yen, the coin's decimals, and never the same amount twice."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import DEFAULT, Instrument
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.trading.order_amounts import (
    buys_sellable_coins,
    distinct_amount,
    distinct_quantity,
    is_dust,
)

ETH, XRP, DOGE = (DEFAULT.of(one) for one in ("ETH", "XRP", "DOGE"))
D = Decimal


def amount(wanted: str, *recent: int) -> Decimal:
    return distinct_amount(Jpy(D(wanted)), {D(one) for one in recent}, STANDARD).amount


def quantity(wanted: str, coin: Instrument, *recent: str) -> Decimal:
    return distinct_quantity(D(wanted), {D(one) for one in recent}, coin, STANDARD)


def test_an_amount_is_whole_yen_rounded_down() -> None:
    assert amount("9999.999") == D(9999)


def test_an_amount_differs_from_every_recent_one() -> None:
    assert amount("1000", 1000) == D(999)
    assert amount("1000", 1000, 999, 997) == D(998)
    assert amount("1000", 1001, 999) == D(1000)


def test_a_recent_amount_is_recognised_however_it_is_written() -> None:
    assert distinct_amount(Jpy(D(1000)), [D("1000.00")], STANDARD).amount == D(999)


def test_when_every_variation_is_taken_the_amount_stands() -> None:
    assert amount("1000", *range(901, 1001)) == D(1000)


@given(st.decimals(500, 15_000, places=3), st.sets(st.integers(400, 15_000), max_size=50))
def test_any_amount_stays_just_under_what_was_wanted(wanted: Decimal, recent: set[int]) -> None:
    found = distinct_amount(Jpy(wanted), {D(one) for one in recent}, STANDARD).amount
    assert wanted - 101 < found <= wanted
    assert found == int(found)
    assert found not in recent


def test_a_quantity_is_cut_to_the_decimals_of_the_coin() -> None:
    assert quantity("1.234567899", ETH) == D("1.23456789")
    assert quantity("1.2345678", XRP) == D("1.234567")
    assert quantity("1.999", DOGE) == D("1.99")


def test_a_quantity_differs_from_every_recent_one() -> None:
    assert quantity("5.00", DOGE, "5.00") == D("4.99")
    assert quantity("5.00", DOGE, "5", "4.99") == D("4.98")


@given(st.decimals("1.00", 1000, places=5), st.sets(st.integers(100, 99_999), max_size=50))
def test_any_quantity_is_never_more_than_what_is_there(held: Decimal, recent: set[int]) -> None:
    taken = {D(one).scaleb(-2) for one in recent}
    found = distinct_quantity(held, taken, DOGE, STANDARD)
    assert held - D("1.01") < found <= held
    assert found == found.quantize(D("0.01"))
    assert found not in taken


@pytest.mark.parametrize(
    ("coins", "dust"), [("0", True), ("0.00099999", True), ("0.001", False), ("1", False)]
)
def test_less_than_the_minimum_is_dust(coins: str, dust: bool) -> None:
    assert is_dust(D(coins), ETH) is dust


def test_what_rounds_down_under_the_minimum_is_dust() -> None:
    assert is_dust(D("0.999999999"), XRP)
    assert is_dust(D("0.999"), DOGE)


def test_coins_bought_must_be_the_minimum_and_a_hundredth_more() -> None:
    """0.001 ETH x 1.01 at 500,000 JPY is 505 JPY."""
    ask = Jpy(D(500_000))
    assert buys_sellable_coins(Jpy(D(505)), ask, ETH, STANDARD)
    assert not buys_sellable_coins(Jpy(D("504.99")), ask, ETH, STANDARD)
