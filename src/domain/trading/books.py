"""Double-entry books of one account at an exchange, in JPY and coins.

Every entry moves amounts between accounts and sums to zero in each currency. What the
exchange should hold is the balance of its account here; coins go by their pair.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Context, Decimal, Inexact
from enum import StrEnum
from typing import Final

import attrs

from domain.events import OrderFillReceived, Side

JPY: Final = "jpy"
EXACT: Final = Context(prec=100, traps=[Inexact])
"""Amounts are added without rounding; a sum of more digits than that is an error."""


class Account(StrEnum):
    """Where amounts are: ours at the exchange, or where they came from and went to."""

    EXCHANGE = "exchange"
    OPENING = "opening"
    MARKET = "market"
    FEES = "fees"
    EXTERNAL = "external"


@attrs.frozen(slots=True, weakref_slot=False)
class Posting:
    """So much of a currency comes into an account, or leaves it when negative."""

    account: Account
    currency: str
    amount: Decimal


Entry = tuple[Posting, ...]


def opening(currency: str, amount: Decimal) -> Entry:
    """What was there when the books began."""
    return (
        Posting(Account.EXCHANGE, currency, amount),
        Posting(Account.OPENING, currency, amount.copy_negate()),
    )


def moved(currency: str, amount: Decimal) -> Entry:
    """A deposit, or a withdrawal when negative: not traded by us."""
    return (
        Posting(Account.EXCHANGE, currency, amount),
        Posting(Account.EXTERNAL, currency, amount.copy_negate()),
    )


def filled(pair: str, side: Side, fill: OrderFillReceived) -> Entry:
    """Coins against yen, and the fee."""
    coins, funds, fee = fill.quantity, fill.funds.amount, fill.fee.amount
    if side is Side.BUY:
        return (
            Posting(Account.EXCHANGE, pair, coins),
            Posting(Account.MARKET, pair, coins.copy_negate()),
            Posting(Account.EXCHANGE, JPY, EXACT.minus(EXACT.add(funds, fee))),
            Posting(Account.MARKET, JPY, funds),
            Posting(Account.FEES, JPY, fee),
        )
    return (
        Posting(Account.EXCHANGE, pair, coins.copy_negate()),
        Posting(Account.MARKET, pair, coins),
        Posting(Account.EXCHANGE, JPY, EXACT.subtract(funds, fee)),
        Posting(Account.MARKET, JPY, funds.copy_negate()),
        Posting(Account.FEES, JPY, fee),
    )


class Books:
    """The balances of all accounts after the entries so far."""

    def __init__(self) -> None:
        self._balances: defaultdict[tuple[Account, str], Decimal] = defaultdict(Decimal)

    def post(self, entry: Entry) -> None:
        """Book an entry. Raises ValueError when it does not sum to zero in each currency."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for one in entry:
            sums[one.currency] = EXACT.add(sums[one.currency], one.amount)
        if any(sums.values()):
            raise ValueError(f"an entry that does not balance: {dict(sums)}")
        for one in entry:
            key = one.account, one.currency
            self._balances[key] = EXACT.add(self._balances[key], one.amount)

    def balance(self, account: Account, currency: str) -> Decimal:
        """What is in an account."""
        return self._balances.get((account, currency), Decimal(0))

    def is_open(self, currency: str) -> bool:
        """True once a currency was opened."""
        return (Account.OPENING, currency) in self._balances

    def held(self, currency: str) -> Decimal:
        """What the exchange should hold, free and reserved."""
        return self.balance(Account.EXCHANGE, currency)

    def traded(self, currency: str) -> Decimal:
        """What came in from trading since the books began; without fees."""
        return EXACT.minus(self.balance(Account.MARKET, currency))

    def balances(self) -> Iterator[tuple[Account, str, Decimal]]:
        """Every account that anything was booked to, by currency, in a fixed order."""
        for (account, currency), amount in sorted(self._balances.items()):
            yield account, currency, amount
