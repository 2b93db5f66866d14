"""What is used becomes a bill: units times prices, with and without the free tier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import fsum
from typing import Final

import attrs

from entrypoints.cost.price_table import PriceTable

SERVICES: Final = (
    "Lambda",
    "SageMaker",
    "DynamoDB",
    "Step Functions",
    "CloudWatch",
    "Secrets Manager",
    "SQS/SNS/EventBridge",
    "S3 and data out",
)
"""The owner's grouping, and two rows that his table leaves out."""


@attrs.frozen(kw_only=True)
class Use:
    """Units of one price that a month takes, and how they were counted."""

    service: str
    what: str
    price: str
    units: float
    how: str = ""


@attrs.frozen
class Charge:
    """What a use costs (USD): with the free tier, and without any."""

    use: Use
    usd: float
    full_usd: float


@attrs.frozen
class Bill:
    """A month. A free tier that several uses share is given to each in proportion."""

    charges: tuple[Charge, ...]

    @property
    def usd(self) -> float:
        """With the free tier that does not end."""
        return fsum(one.usd for one in self.charges)

    @property
    def full_usd(self) -> float:
        """Without any free tier."""
        return fsum(one.full_usd for one in self.charges)

    def of(self, service: str) -> tuple[float, float]:
        """USD of a service: with the free tier, and without."""
        mine = [one for one in self.charges if one.use.service == service]
        return fsum(one.usd for one in mine), fsum(one.full_usd for one in mine)

    def units(self, price: str) -> float:
        """Units of a price."""
        return fsum(one.use.units for one in self.charges if one.use.price == price)


def bill(uses: Iterable[Use], prices: PriceTable) -> Bill:
    """The bill of these uses. Raises InputError when the table lacks a price."""
    kept = tuple(uses)
    shares = _paid_shares(kept, prices)
    charges = []
    for use in kept:
        price = prices.of(use.price)
        full = use.units * price.each
        charges.append(Charge(use, full * shares.get(price.free, 1.0), full))
    return Bill(tuple(charges))


def _paid_shares(uses: Iterable[Use], prices: PriceTable) -> Mapping[str, float]:
    """By free tier, the share of what is used that is over it."""
    used: dict[str, float] = defaultdict(float)
    for use in uses:
        used[prices.of(use.price).free] += use.units
    return {
        tier: max(0.0, units - prices.free[tier]) / units
        for tier, units in used.items()
        if tier and units
    }
