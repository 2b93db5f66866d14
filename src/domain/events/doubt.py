"""What can happen to an order whose answer was lost, or whose fills cannot be believed."""

from decimal import Decimal

import attrs

from domain.money import Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class OrderLooked:
    """One complete look at the exchange for an order in doubt, at a time (ms), found nothing.

    `jpy_gap` and `coins_gap` are what the account holds beyond the balances before sending and
    all fills since: zero says that the order has moved nothing.
    """

    order: str
    pair: str
    looked_at: int
    jpy_gap: Jpy
    coins_gap: Decimal

    @property
    def is_clean(self) -> bool:
        """Every yen and coin is explained without the order."""
        return not self.jpy_gap.amount and not self.coins_gap


@attrs.frozen(slots=True, weakref_slot=False)
class OrderAdopted:
    """The lost order was found on the exchange under this id; it goes on as if just placed."""

    order: str
    pair: str
    exchange_id: str
    evidence: str


@attrs.frozen(slots=True, weakref_slot=False)
class OrderProvenAbsent:
    """The lost order never reached the book: what was looked at, how often and for how long."""

    order: str
    pair: str
    evidence: str


@attrs.frozen(slots=True, weakref_slot=False)
class OrderQuarantined:
    """What the exchange shows cannot be believed or told apart; a human has to look.

    `fill` is the id of the fill that is not believed, None when several orders could be this one.
    """

    order: str
    pair: str
    fill: str | None
    detail: str


@attrs.frozen(slots=True, weakref_slot=False)
class OrderReleased:
    """A human looked at what was quarantined and takes it as it is."""

    order: str
    pair: str
    reason: str


@attrs.frozen(slots=True, weakref_slot=False)
class OrderAbandoned:
    """A human gave the order up; what it may have moved is for him to put right."""

    order: str
    pair: str
    reason: str
