"""Double entry: nothing appears, nothing vanishes, nothing is rounded."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import OrderFillReceived, Side
from domain.money import Jpy
from domain.trading.books import EXACT, JPY, Account, Books, Posting, filled, moved, opening

PAIR = "eth_usdt"
amounts = st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=12)
fills = st.builds(
    OrderFillReceived,
    order=st.just("o"),
    fill=st.just("f"),
    quantity=amounts,
    price=amounts.map(Jpy),
    funds=amounts.map(Jpy),
    fee=amounts.map(Jpy),
    filled_at=st.just(0),
)
entries = st.one_of(
    st.builds(filled, st.just(PAIR), st.sampled_from(Side), fills),
    st.builds(moved, st.sampled_from([JPY, PAIR]), amounts),
    st.builds(opening, st.sampled_from([JPY, PAIR]), amounts),
)


@given(st.lists(entries, max_size=20))
def test_all_accounts_of_a_currency_sum_to_zero(posted: list) -> None:
    books = Books()
    for entry in posted:
        books.post(entry)
    sums: dict[str, Decimal] = {}
    for _, currency, amount in books.balances():
        sums[currency] = EXACT.add(sums.get(currency, Decimal(0)), amount)
    assert not any(sums.values())


def fill(quantity: str, funds: str, fee: str) -> OrderFillReceived:
    return OrderFillReceived(
        "o", "f", Decimal(quantity), Jpy(Decimal(1)), Jpy(Decimal(funds)), Jpy(Decimal(fee)), 0
    )


def test_a_round_trip_ends_with_the_gain_less_the_fees() -> None:
    books = Books()
    books.post(opening(JPY, Decimal(100_000)))
    books.post(filled(PAIR, Side.BUY, fill("0.5", "300.000000000000001", "0.3")))
    assert books.held(PAIR) == books.traded(PAIR) == Decimal("0.5")
    assert books.held(JPY) == Decimal("99699.699999999999999")
    books.post(filled(PAIR, Side.SELL, fill("0.5", "310", "0.31")))
    assert books.held(JPY) == Decimal("100009.389999999999999")
    assert books.balance(Account.FEES, JPY) == Decimal("0.61")
    assert not books.held(PAIR)


def test_a_deposit_is_ours_and_was_not_traded() -> None:
    books = Books()
    books.post(moved(JPY, Decimal(5_000)))
    books.post(moved(JPY, Decimal(-2_000)))
    assert books.held(JPY) == 3_000
    assert not books.traded(JPY)
    assert not books.is_open(JPY)


def test_more_digits_than_a_decimal_usually_keeps_are_kept() -> None:
    books = Books()
    tiny = Decimal("1e-40")
    books.post(opening(JPY, Decimal(10) ** 12))
    books.post(moved(JPY, tiny))
    assert EXACT.subtract(books.held(JPY), Decimal(10) ** 12) == tiny


def test_an_entry_that_does_not_balance_is_refused_and_not_booked() -> None:
    books = Books()
    with pytest.raises(ValueError, match="does not balance"):
        books.post((Posting(Account.EXCHANGE, JPY, Decimal(1)),))
    assert not list(books.balances())
