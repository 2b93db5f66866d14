"""A file's trades against a log's fills: what is one trade, and what is apart."""

from decimal import Decimal

import pytest

from domain.events import Side
from domain.instant import SECOND, parse
from domain.reporting.tax_check import Stated, tax_check
from domain.reporting.tax_year import Move

AT = parse("2025-03-01T10:00:00+09:00")


def move(
    fill: str = "", *, at: int = AT, quantity: str = "1", jpy: str = "100", fee: str = "0",
    side: Side = Side.BUY, pair: str = "btc_usdt",
) -> Move:  # fmt: skip
    return Move(at, pair, side, Decimal(quantity), Decimal(jpy), Decimal(fee), fill)


def rows(*moves: Move) -> list[Stated]:
    return [Stated(row, one) for row, one in enumerate(moves, 2)]


def test_nothing_against_nothing_is_clean() -> None:
    assert tax_check([], [], 2025).is_clean


def test_one_trade_by_its_id_even_when_its_time_is_told_otherwise() -> None:
    found = tax_check(rows(move("7")), [move("7", at=AT + 5 * SECOND)], 2025)
    assert (found.is_clean, found.matched) == (True, 1)


def test_one_trade_by_its_second_when_the_ids_are_of_another_numbering() -> None:
    found = tax_check(rows(move("900"), move("")), [move("7", at=AT + 999), move("8")], 2025)
    assert (found.is_clean, found.matched) == (True, 2)


@pytest.mark.parametrize(
    "other",
    [
        move(at=AT + SECOND),
        move(pair="eth_usdt"),
        move(side=Side.SELL),
        move("7", side=Side.SELL, at=AT + SECOND),
    ],
)
def test_what_is_another_trade_is_missing_on_both_sides(other: Move) -> None:
    found = tax_check(rows(move("7")), [other], 2025)
    assert (found.matched, found.only_in_log, found.different) == (0, (other,), ())
    assert [one.row for one in found.only_in_file] == [2]
    assert not found.is_clean


@pytest.mark.parametrize("fill", ["7", ""])
@pytest.mark.parametrize("name", ["quantity", "jpy", "fee"])
def test_each_amount_that_is_apart_is_named(name: str, fill: str) -> None:
    found = tax_check(rows(move(fill)), [move(fill, **{name: "1.5"})], 2025)
    (one,) = found.different
    assert one.names == (name,)
    assert (found.matched, found.only_in_file, found.only_in_log) == (0, (), ())


def test_amounts_agree_when_they_are_nearer_than_the_file_knows() -> None:
    def names(jpy: str, within: str) -> tuple[str, ...]:
        stated = Stated(2, move(jpy="100"), jpy_within=Decimal(within))
        return stated.apart_from(move(jpy=jpy))

    assert names("100.99", "1") == ()
    assert names("99.01", "1") == ()
    assert names("101", "1") == ("jpy",)
    assert names("100.0000001", "0") == ("jpy",)
    assert names("100.00", "0") == ()


def test_of_several_in_one_second_the_same_are_paired_first() -> None:
    fills = [move(quantity="1"), move(quantity="2"), move(quantity="3")]
    found = tax_check(rows(move(quantity="3"), move(quantity="2", jpy="90")), fills, 2025)
    assert found.matched == 1
    assert [(one.fill.quantity, one.names) for one in found.different] == [(2, ("jpy",))]
    assert [one.quantity for one in found.only_in_log] == [1]


def test_a_row_that_is_there_twice_is_found() -> None:
    found = tax_check(rows(move("7"), move("7")), [move("7")], 2025)
    assert [one.row for one in found.only_in_file] == [3]
    assert found.matched == 1


def test_only_the_calendar_year_in_japan_counts() -> None:
    eve = parse("2025-12-31T23:59:59+09:00")
    both = [move(at=eve), move(at=eve + SECOND)]
    for year in (2025, 2026):
        found = tax_check(rows(*both), both, year)
        assert (found.rows, found.fills, found.matched) == (1, 1, 1)
    assert tax_check(rows(both[1]), [both[0]], 2025).only_in_log == (both[0],)
