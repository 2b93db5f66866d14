"""Every yen and coin of the account, as movements that add up to the balances."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

import attrs

from adapters.exchange.coincheck_fake.rules import ZERO, RefusedError


class Reason(StrEnum):
    """Why a balance moved."""

    DEPOSIT = "deposit"
    RESERVE = "reserve"
    FILL = "fill"
    RELEASE = "release"


@attrs.frozen(slots=True, weakref_slot=False)
class Movement:
    """A change of what is free and what is held by orders, of one currency."""

    at: int
    currency: str
    free: Decimal
    reserved: Decimal
    reason: Reason
    order_id: int | None


@attrs.frozen(slots=True, weakref_slot=False)
class Held:
    """What the account has of one currency."""

    free: Decimal = ZERO
    reserved: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Free and reserved."""
        return self.free + self.reserved

    def after(self, movement: Movement) -> "Held":
        """What is held once a movement has happened."""
        return Held(self.free + movement.free, self.reserved + movement.reserved)


class Ledger:
    """Movements in the order in which they happened; no balance is ever negative."""

    def __init__(self, currencies: Iterable[str]) -> None:
        self._held = dict.fromkeys(currencies, Held())
        self.movements: list[Movement] = []

    def held(self) -> dict[str, Held]:
        """What there is now, by currency."""
        return dict(self._held)

    def held_before_fills_after(self, moment: int) -> dict[str, Held]:
        """The state before the first fill that came after a moment (ms)."""
        return self._sum(moment)

    def move(self, movement: Movement) -> None:
        """Book one movement. Raises AssertionError if a balance would be negative."""
        after = self._held[movement.currency].after(movement)
        if min(after.free, after.reserved) < 0:
            raise AssertionError(f"{movement} would leave {after}")
        self._held[movement.currency] = after
        self.movements.append(movement)

    def reserve(self, at: int, currency: str, amount: Decimal, order_id: int) -> None:
        """Set an order's funds aside. Raises RefusedError when they are not there."""
        if amount > self._held[currency].free:
            raise RefusedError(400, f"Amount {currency.upper()} の所持金額が足りません")
        self.move(Movement(at, currency, -amount, amount, Reason.RESERVE, order_id))

    def release(self, at: int, currency: str, amount: Decimal, order_id: int) -> None:
        """Give back what an order did not need."""
        if amount:
            self.move(Movement(at, currency, amount, -amount, Reason.RELEASE, order_id))

    def check(self) -> None:
        """Raise AssertionError unless the movements add up to the balances exactly."""
        if self._sum(None) != self._held:
            raise AssertionError(f"{self._sum(None)} is booked, {self._held} is held")
        negative = [one for one in self._held.values() if min(one.free, one.reserved) < 0]
        if negative:
            raise AssertionError(f"negative: {negative}")

    def _sum(self, until: int | None) -> dict[str, Held]:
        held: Mapping[str, Held] = dict.fromkeys(self._held, Held())
        held = dict(held)
        for one in self.movements:
            lagging = one.reason in (Reason.FILL, Reason.RELEASE)
            if until is not None and lagging and one.at > until:
                break
            held[one.currency] = held[one.currency].after(one)
        return held
