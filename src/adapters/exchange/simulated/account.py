"""Balances and reservations of one simulated account; every yen and coin is accounted for."""

from collections.abc import Iterable
from decimal import Decimal

from application.errors import Refused
from application.ports.exchange import Balances
from domain.money import Jpy

ZERO = Decimal(0)


class Account:
    """Free and reserved yen and coins. What an order may need is reserved until it ends."""

    def __init__(self, pairs: Iterable[str], cash: Jpy) -> None:
        self._jpy = [cash.amount, ZERO]
        self._coins = {pair: [ZERO, ZERO] for pair in pairs}

    def balances(self) -> Balances:
        """A snapshot."""
        return Balances(
            Jpy(self._jpy[0]),
            Jpy(self._jpy[1]),
            {pair: held[0] for pair, held in self._coins.items()},
            {pair: held[1] for pair, held in self._coins.items()},
        )

    def holdings(self) -> tuple[Decimal, dict[str, Decimal]]:
        """(all yen, coins by pair where there are any), free and reserved together."""
        coins = {pair: sum(held, ZERO) for pair, held in self._coins.items() if any(held)}
        return sum(self._jpy, ZERO), coins

    def reserve_jpy(self, amount: Decimal) -> None:
        """Set yen aside. Raises Refused when there are too few."""
        self._reserve(self._jpy, amount, "JPY")

    def reserve_coins(self, pair: str, quantity: Decimal) -> None:
        """Set coins aside. Raises Refused when there are too few."""
        self._reserve(self._coins[pair], quantity, pair)

    def release_jpy(self, amount: Decimal) -> None:
        """Give back yen that an order did not need."""
        self._jpy[1] -= amount
        self._jpy[0] += amount

    def release_coins(self, pair: str, quantity: Decimal) -> None:
        """Give back coins that an order did not sell."""
        self._coins[pair][1] -= quantity
        self._coins[pair][0] += quantity

    def buy(self, pair: str, quantity: Decimal, cost: Decimal) -> None:
        """Reserved yen become coins."""
        self._jpy[1] -= cost
        self._coins[pair][0] += quantity

    def sell(self, pair: str, quantity: Decimal, proceeds: Decimal) -> None:
        """Reserved coins become yen."""
        self._coins[pair][1] -= quantity
        self._jpy[0] += proceeds

    @staticmethod
    def _reserve(held: list[Decimal], amount: Decimal, what: str) -> None:
        if amount > held[0]:
            raise Refused(f"insufficient balance: {amount} {what} wanted, {held[0]} free")
        held[0] -= amount
        held[1] += amount
