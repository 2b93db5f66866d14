"""What the venue asks of orders, and what trading there costs and takes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs

ZERO: Final = Decimal(0)
LEAST_JPY: Final = Decimal(500)
PAGE: Final = 25
ORDERS_A_SECOND: Final = 4
DETAILS_A_SECOND: Final = 1


@attrs.frozen(slots=True, weakref_slot=False)
class CoinRule:
    """The smallest sell of a coin and how many decimals it may have."""

    minimum: Decimal
    decimals: int


RULES: Final[dict[str, CoinRule]] = {
    "btc_jpy": CoinRule(Decimal("0.001"), 8),
    "eth_jpy": CoinRule(Decimal("0.001"), 8),
    "xrp_jpy": CoinRule(Decimal("1.0"), 6),
    "sol_jpy": CoinRule(Decimal("0.01"), 8),
    "doge_jpy": CoinRule(Decimal("1.0"), 2),
    "avax_jpy": CoinRule(Decimal("0.01"), 8),
}
UNTRADED: Final = ("lsk", "shib", "fpl")
"""Coins that a client does not know and must not stumble over."""


def coin_of(pair: str) -> str:
    """`btc` of `btc_jpy`."""
    return pair.partition("_")[0]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Terms:
    """How orders fill and how late that is seen.

    `spread` is (ask - bid) / middle, `slippage` an extra fraction of every market order; by pair
    there are `spreads` of their own, `fees` (the taker's fraction) and `depths`, the share of the
    usual sizes that the shown book has. An order meets the market `latency_ms` after it was
    placed and fills in `parts`, `part_every_ms` apart; what is over `filled_share` of it
    expires. It shows among the open orders after `opens_lag_ms`, a fill in the list after
    `fills_lag_ms` and in the balance after `balance_lag_ms`.
    """

    spread: Decimal = Decimal("0.001")
    spreads: Mapping[str, Decimal] = attrs.field(factory=dict)
    depths: Mapping[str, Decimal] = attrs.field(factory=dict)
    slippage: Decimal = Decimal("0.0005")
    fees: Mapping[str, Decimal] = attrs.field(factory=dict)
    latency_ms: int = 500
    parts: int = 1
    part_every_ms: int = 2_000
    filled_share: Decimal = Decimal(1)
    opens_lag_ms: int = 0
    fills_lag_ms: int = 0
    balance_lag_ms: int = 0

    def fee(self, pair: str) -> Decimal:
        """The taker's and maker's fraction of a pair."""
        return self.fees.get(pair, ZERO)

    def spread_of(self, pair: str) -> Decimal:
        """A pair's own spread, or the usual one; a fraction."""
        return self.spreads.get(pair, self.spread)

    def bid_ask(self, middle: Decimal, pair: str = "") -> tuple[Decimal, Decimal]:
        """Best prices around the last one."""
        half = self.spread_of(pair) / 2
        return middle * (1 - half), middle * (1 + half)


class RefusedError(Exception):
    """The venue says no: the HTTP status and the `error` text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class NoSuchPageError(Exception):
    """An unknown pair or path: answered with a page of HTML and 404."""


class CallLimit:
    """At most so many calls within any second of the venue's clock."""

    def __init__(self, a_second: int) -> None:
        self._most = a_second
        self._times: list[int] = []

    def count(self, now: int) -> None:
        """Count a call. Raises RefusedError (429) for one too many, which is not counted."""
        self._times = [at for at in self._times if at > now - 1_000]
        if len(self._times) >= self._most:
            raise RefusedError(429, "too_many_requests")
        self._times.append(now)
