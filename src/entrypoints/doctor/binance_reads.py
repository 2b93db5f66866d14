"""Binance's time and list of symbols, from the first of the configured hosts that answers."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from adapters.http_reads import HttpReads, Read, Reply
from application.errors import Broken, ConfigurationError, OutsideError, Refused
from domain.instant import parse

Value = TypeVar("Value")
_EARLIEST, _LATEST = parse("2009-01-01"), parse("2100-01-01")
_BAD_SYMBOL = -1121


class NotListedError(Refused):
    """There is no such symbol."""


class BinanceReads:
    """Public reads of spot; each raises Retryable, Refused, Broken or ConfigurationError."""

    def __init__(self, made: Callable[..., HttpReads], hosts: Sequence[str]) -> None:
        self._reads = made("Binance", judge=_judge)
        self._hosts = [one.rstrip("/") for one in hosts]

    async def time(self) -> int:
        """Its clock, ms."""
        return await self._first("/api/v3/time", _time)

    async def status(self, symbol: str) -> str:
        """TRADING, HALT or BREAK; empty for a symbol that is not listed."""
        try:
            return await self._first("/api/v3/exchangeInfo", _status(symbol), symbol=symbol)
        except NotListedError:
            return ""

    async def _first(self, path: str, read: Read[Value], **query: str) -> Value:
        *more, last = self._hosts
        for host in more:
            try:
                return await self._reads.get(f"{host}{path}", read, query)
            except NotListedError:
                raise
            except (OutsideError, ConfigurationError):
                continue  # the next host is what it is for
        return await self._reads.get(f"{last}{path}", read, query)


def _judge(reply: Reply) -> None:
    if isinstance(reply.body, dict) and reply.body.get("code") == _BAD_SYMBOL:
        raise NotListedError("Binance: there is no such symbol")


def _time(body: Any) -> int:
    at = body.get("serverTime") if isinstance(body, dict) else None
    if not isinstance(at, int) or not _EARLIEST <= at < _LATEST:
        raise Broken("time: serverTime is no moment in ms")
    return at


def _status(symbol: str) -> Read[str]:
    def read(body: Any) -> str:
        rows = body.get("symbols") if isinstance(body, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and row.get("symbol") == symbol:
                return str(row.get("status"))[:20]
        raise Broken(f"exchangeInfo: {symbol} was asked for and is missing")

    return read
