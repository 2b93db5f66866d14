"""Single candles from Binance's REST interface: what fills the holes of the archives."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

import httpx

from adapters.http_reads import HttpReads, Patience
from adapters.market_data.binance_archive.months import INTERVAL
from adapters.market_data.binance_archive.row_check import RowCheck, moment
from application.errors import Broken, OutsideError
from application.ports.clock import Clock
from domain.instant import CANDLE

URL: Final = "https://data-api.binance.vision"
PAGE: Final = 1_000
"""Candles that one answer has at most."""


class Klines:
    """GET /api/v3/klines. Once it has failed for a coin it is not asked again about that coin."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        url: str = URL,
        patience: Patience | None = None,
    ) -> None:
        self._reads = HttpReads("Binance REST", client=client, clock=clock, patience=patience)
        self._url = url.rstrip("/")
        self._first: dict[str, int | None] = {}
        self._failures: dict[str, OutsideError] = {}

    async def now(self) -> int:
        """The server's time in ms. Raises Retryable, Refused, Broken or ConfigurationError."""
        found: int = await self._asked("time", {}, _server_time)
        return found

    async def first(self, symbol: str) -> int | None:
        """When the first candle of a coin ever opened (ms); None when there is none.

        Raises Retryable, Refused, Broken or ConfigurationError.
        """
        if symbol not in self._first:
            rows = await self._page(symbol, 0, None, 1)
            self._first[symbol] = _opened(rows[0]) if rows else None
        return self._first[symbol]

    async def of(self, symbol: str, missing: Sequence[int]) -> RowCheck:
        """Those of the candles opened at the given times (ms, rising) that there are.

        Raises Retryable, Refused, Broken or ConfigurationError.
        """
        check, wanted = RowCheck(missing[0], missing[-1] + CANDLE), set(missing)
        at = 0
        while at < len(missing):
            rows = await self._page(symbol, missing[at], missing[-1], PAGE)
            if not rows:
                break
            newest = _opened(rows[-1])
            if not missing[at] <= newest <= missing[-1]:
                raise Broken(f"Binance REST: {symbol}: candles of another time than was asked for")
            for row in rows:
                if _opened(row) in wanted:
                    check.add(row)
            at = bisect_right(missing, newest)
        return check.done()

    async def _page(self, symbol: str, start: int, end: int | None, limit: int) -> list[Any]:
        params = {"symbol": symbol, "interval": INTERVAL, "startTime": str(start)}
        if end is not None:
            params["endTime"] = str(end)
        found: list[Any] = await self._asked("klines", {**params, "limit": str(limit)}, _rows)
        return found

    async def _asked(self, path: str, params: dict[str, str], read: Any) -> Any:
        about = params.get("symbol", "")
        if about in self._failures:
            raise self._failures[about]
        try:
            return await self._reads.get(f"{self._url}/api/v3/{path}", read, params)
        except OutsideError as failure:
            self._failures[about] = failure
            raise
        except ArithmeticError:  # a number that Decimal cannot hold
            impossible = Broken("Binance REST: a number of impossible size")
            self._failures[about] = impossible
            raise impossible from None


def _rows(body: Any) -> list[Any]:
    if not isinstance(body, list) or not all(isinstance(one, list) and one for one in body):
        raise Broken("klines: not a list of lists")
    return body


def _opened(row: Sequence[Any]) -> int:
    try:
        return moment(row[0])
    except ValueError as reason:
        raise Broken(f"Binance REST: klines: {reason}") from None


def _server_time(body: Any) -> int:
    try:
        return moment(body["serverTime"])
    except (TypeError, KeyError, ValueError):
        raise Broken("time: no serverTime in ms") from None
