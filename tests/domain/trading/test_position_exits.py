"""When a position is left: the levels, the tiers of the trailing stop, the order of checks."""

from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    EntryDisbelieved,
    PeakRaised,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.trading.position import OpenPosition, apply
from domain.trading.position_exits import entry_levels, follow, trailing_stop

Number = Decimal | int | str
prices = st.decimals("0.001", 10**8, places=3)
rates = st.decimals("0.3", 3, places=4)


def jpy(value: Number) -> Jpy:
    return Jpy(Decimal(value))


def held(
    entry: Number = 1000, stop: Number | None = None, peak: Number | None = None
) -> OpenPosition:
    """One coin with the levels of its entry, unless others are given."""
    first, take_profit = entry_levels(jpy(entry), STANDARD)
    return OpenPosition(
        "p1", "eth_usdt", Decimal(1), jpy(entry), jpy(entry),
        first if stop is None else jpy(stop), take_profit,
        jpy(entry if peak is None else peak), 0,
    )  # fmt: skip


def kinds(holding: OpenPosition, price: Number) -> list[str]:
    return [type(one).__name__ for one in follow(holding, jpy(price), STANDARD)]


def raised(peak: Number, entry: Number = 1000, stop: Number = 950) -> Jpy | None:
    return trailing_stop(jpy(entry), jpy(stop), jpy(peak), STANDARD)


def test_an_entry_sets_a_stop_five_under_and_a_take_profit_thirty_over() -> None:
    assert entry_levels(jpy("16633.48"), STANDARD) == (jpy("15801.806"), jpy("21623.524"))


@pytest.mark.parametrize(
    ("peak", "stop"),
    [
        ("1000", None),
        ("1029.99", None),
        ("1030", "1009.4"),
        ("1049.99", "1028.9902"),
        ("1050", "1034.25"),
        ("1079.99", "1063.79015"),
        ("1080", "1067.04"),
        ("1119.99", "1106.55012"),
        ("1120", "1108.8"),
        ("2000", "1980"),
    ],
)
def test_the_stop_follows_nearer_the_higher_the_peak(peak: str, stop: str | None) -> None:
    assert raised(peak) == (None if stop is None else jpy(stop))


def test_a_raised_stop_is_never_under_break_even() -> None:
    p = attrs.evolve(STANDARD, trail_1_factor=0.90)
    assert trailing_stop(jpy(1000), jpy(950), jpy(1030), p) == jpy(1001)


def test_a_stop_is_never_lowered_nor_set_again() -> None:
    assert raised("1050", stop="1034.25") is None
    assert raised("1050", stop="1040") is None


def test_an_entry_of_nothing_has_no_trailing_stop() -> None:
    assert raised("1050", entry=0) is None


def test_a_price_between_stop_and_peak_changes_nothing() -> None:
    assert kinds(held(), 999) == kinds(held(), 1000) == kinds(held(), "950.01") == []


@pytest.mark.parametrize("price", ["950", "949.99", "700"])
def test_a_price_at_or_under_the_stop_sells(price: str) -> None:
    assert follow(held(), jpy(price), STANDARD) == (
        StopLossHit("p1", "eth_usdt", jpy(price), jpy(950)),
    )


def test_a_small_rise_raises_the_peak_alone() -> None:
    assert follow(held(), jpy(1010), STANDARD) == (PeakRaised("p1", "eth_usdt", jpy(1010)),)


def test_a_rise_raises_the_peak_then_the_stop() -> None:
    assert follow(held(), jpy(1060), STANDARD) == (
        PeakRaised("p1", "eth_usdt", jpy(1060)),
        TrailingStopRaised("p1", "eth_usdt", jpy("1044.1"), pytest.approx(6.0)),
    )


def test_the_stop_is_checked_before_the_peak() -> None:
    """A stop above the last peak: the price would raise the peak and is sold instead."""
    assert kinds(held(stop=1100, peak=1090), 1095) == ["StopLossHit"]


def test_the_stop_is_checked_before_the_take_profit() -> None:
    assert kinds(held(stop=1320, peak=1400), 1310) == ["StopLossHit"]


def test_the_peak_and_the_stop_are_raised_before_the_take_profit() -> None:
    assert kinds(held(), 1300) == ["PeakRaised", "TrailingStopRaised", "TakeProfitHit"]


def test_take_profit_is_hit_at_thirty_per_cent() -> None:
    assert "TakeProfitHit" not in kinds(held(), "1299.99")
    (hit,) = follow(held(peak=1400, stop=1200), jpy(1300), STANDARD)
    assert hit == TakeProfitHit("p1", "eth_usdt", jpy(1300), jpy(1300))


@pytest.mark.parametrize("price", ["2000.01", "5000", "666", "1"])
def test_an_entry_more_than_half_off_the_market_is_an_alert_only(price: str) -> None:
    assert follow(held(), jpy(price), STANDARD) == (
        EntryDisbelieved("p1", "eth_usdt", jpy(price), jpy(1000)),
    )


@pytest.mark.parametrize("price", ["2000", "667"])
def test_an_entry_half_off_the_market_is_believed(price: str) -> None:
    assert "EntryDisbelieved" not in kinds(held(), price)


@given(entry=prices, moves=st.lists(rates, max_size=20))
@settings(deadline=None)
def test_along_any_prices_the_stop_rises_and_a_raised_one_is_over_break_even(
    entry: Decimal, moves: list[Decimal]
) -> None:
    holding = held(entry)
    for rate in moves:
        price = jpy(entry * rate)
        before = holding
        for event in follow(holding, price, STANDARD):
            changed = apply(holding, event)
            assert isinstance(changed, OpenPosition)
            holding = changed
            if isinstance(event, TrailingStopRaised):
                assert before.stop < event.stop < price
                assert event.stop >= holding.entry * Decimal("1.001")
            if isinstance(event, StopLossHit):
                assert holding == before
                assert price <= before.stop


def test_an_entry_that_is_not_believed_is_told_once_and_watched_on() -> None:
    (told,) = follow(held(), jpy(400), STANDARD)
    doubted = apply(held(), told)
    assert isinstance(doubted, OpenPosition)
    assert follow(doubted, jpy(400), STANDARD) == ()
    assert kinds(doubted, 900) == ["StopLossHit"]
