"""Prices in yen as they were seen, for an account of paper money to trade at."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from application.ports.exchange import Quote

KEPT = 20_000


class PriceSource(Protocol):
    """Where live prices come from."""

    async def trades(self, pair: str, since: int) -> Sequence[tuple[int, Decimal]]:
        """(time in ms, JPY) of trades after a time, oldest first; at least the newest.

        Raises Retryable or Broken.
        """
        ...

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask. Raises Retryable or Broken."""
        ...


class LivePrices:
    """The trades of each pair that were seen, the newest of them kept."""

    def __init__(self, source: PriceSource) -> None:
        self._source = source
        self._seen: dict[str, deque[tuple[int, Decimal]]] = {}

    async def refresh(self, pair: str) -> None:
        """See what was traded since the last look. Raises Retryable or Broken."""
        seen = self._seen.setdefault(pair, deque(maxlen=KEPT))
        newest = seen[-1][0] if seen else 0
        for at, price in await self._source.trades(pair, newest):
            if at > newest:
                seen.append((at, price))
                newest = at

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The last price seen by a moment (ms); None before the first."""
        found = bisect_right(seen := self._seen.get(pair, ()), moment, key=_time)
        return seen[found - 1][1] if found else None

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """(time, price) of the first trade seen strictly after a moment."""
        found = bisect_right(seen := self._seen.get(pair, ()), moment, key=_time)
        return seen[found] if found < len(seen) else None


def _time(trade: tuple[int, Decimal]) -> int:
    return trade[0]
