"""What the exchange takes as a market order, and what it has taught us about it."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import attrs

from application.errors import ConfigurationError, Refused
from application.ports.exchange import MarketOrder
from domain.events import Side
from domain.instruments import Instrument
from domain.money import round_down

LEAST_JPY: Final = Decimal(500)
MOST: Final = Decimal(10) ** 12
"""No order of ours has as many yen or coins."""
_MINIMUM: Final = re.compile(
    r"最低量\s*[(\uff08]\s*([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([A-Za-z0-9]+)"
)

NewMinimum = Callable[[str, Decimal, Decimal], None]
"""Told the pair, the minimum that we believed in, and the one that the exchange states."""


@attrs.frozen(slots=True, weakref_slot=False)
class PairRule:
    """The smallest sell of a pair, and the decimals of its coin."""

    min_amount: Decimal
    decimals: int


class OrderRules:
    """Rules by analysis key, as configured or as learned from a refusal since."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        *,
        least_jpy: Decimal = LEAST_JPY,
        on_new_minimum: NewMinimum | None = None,
    ) -> None:
        self.least_jpy = least_jpy
        self._rules = {one.pair: PairRule(one.min_amount, one.decimals) for one in instruments}
        self._on_new_minimum = on_new_minimum

    def of(self, pair: str) -> PairRule:
        """The rule that holds now. Raises ConfigurationError for a pair without one."""
        try:
            return self._rules[pair]
        except KeyError:
            raise ConfigurationError(
                f"TRADING_PAIRS_CONFIG has no {pair!r}: add it, or do not trade it"
            ) from None

    def fields(self, order: MarketOrder, coincheck: str) -> dict[str, str]:
        """The order as the exchange wants it written. Raises Refused where it would say no."""
        rule = self.of(order.pair)
        if order.side is Side.BUY:
            if order.amount is None or order.quantity is not None:
                raise Refused(f"a market buy of {order.pair} spends an amount of JPY, nothing else")
            amount = order.amount.amount
            _must_lie(amount, self.least_jpy, "market_buy_amount", "JPY")
            if amount != round_down(amount, 0):
                raise Refused(f"market_buy_amount {amount} has fractions of a yen")
            return {
                "pair": coincheck,
                "order_type": "market_buy",
                "market_buy_amount": format(amount.to_integral_value(), "f"),
            }
        if order.quantity is None or order.amount is not None:
            raise Refused(f"a market sell of {order.pair} gives a quantity of coins, nothing else")
        quantity = order.quantity
        _must_lie(quantity, rule.min_amount, "amount", order.pair)
        if quantity != round_down(quantity, rule.decimals):
            raise Refused(
                f"amount {quantity} of {order.pair} has more than {rule.decimals} decimals"
            )
        return {"pair": coincheck, "order_type": "market_sell", "amount": format(quantity, "f")}

    def learn(self, pair: str, coincheck: str, reason: str) -> None:
        """Take over the minimum that a refusal of this pair states."""
        found = _MINIMUM.search(reason)
        if found is None or found[2].lower() != coincheck.partition("_")[0]:
            return
        stated, known = Decimal(found[1]), self.of(pair)
        if stated <= 0 or stated == known.min_amount:
            return
        self._rules[pair] = attrs.evolve(known, min_amount=stated)
        if self._on_new_minimum is not None:
            self._on_new_minimum(pair, known.min_amount, stated)


def _must_lie(number: Decimal, least: Decimal, field: str, of_what: str) -> None:
    if not number.is_finite() or number < least:
        raise Refused(f"{field} {number} {of_what} is under {least}")
    if number >= MOST:
        raise Refused(f"{field} {number:.3e} {of_what} is out of this world")
