"""Closed 5-minute candles of Binance's spot market, public data only."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

import attrs
import httpx

from adapters.http_reads import Patience
from adapters.market_data.binance.hosts import HOSTS, BadRequest, Hosts
from adapters.market_data.binance.payloads import candles, server_time, statuses
from application.errors import OutsideError, Retryable
from application.ports.clock import Clock
from domain.events import Candle
from domain.instant import CANDLE, HOUR, SECOND, iso, tick_of
from domain.instruments import Instruments

PAGE: Final = 1_000
"""Most candles of one answer."""
MOST_PAGES: Final = 200
"""Of one pair in one call, nearly two years; the next call goes on from there."""
SETTLES: Final = 1_500
"""How long after its end (ms) a candle may still change at Binance."""
MOST_AHEAD: Final = 10 * SECOND
"""How far (ms) our clock may be ahead of Binance's for the newest candle to be waited for."""
REREAD_S: Final = 1.0
SILENT: Final = HOUR
"""A pair without any candle for so long (ms) has failed: it is halted, or the host is stale."""


@attrs.frozen(slots=True, weakref_slot=False)
class _Wanted:
    """Candles of one pair opened in [first, newest] (ms), of which Binance has ended `ended`.

    `ended` None: Binance's time is not known.
    """

    pair: str
    symbol: str
    first: int
    newest: int
    ended: int | None

    def closed(self, found: Mapping[int, Candle]) -> list[Candle]:
        """What is certainly closed, oldest first.

        Without Binance's time that is what a later candle follows.
        """
        ended = max(found, default=0) if self.ended is None else self.ended
        last = min(self.newest, ended - CANDLE)
        return [found[one] for one in sorted(found) if self.first <= one <= last]

    def missing(self, closed: Sequence[Candle]) -> int | None:
        """The open time from which one more page may bring what is not there.

        It never lies so late that the page would leave a hole behind it.
        """
        follows = closed[-1].open_time + CANDLE if closed else self.first
        window = max(self.first, self.newest - (PAGE - 1) * CANDLE)
        if follows < window:
            return follows
        there = {one.open_time for one in closed}
        times = range(window, self.newest + 1, CANDLE)
        return next((one for one in times if one not in there), None)


class BinanceKlines:
    """All pairs at once; each fails alone, and a host that fails is replaced by the next one."""

    def __init__(
        self,
        instruments: Instruments,
        *,
        hosts: Sequence[str] = HOSTS,
        client: httpx.AsyncClient,
        clock: Clock,
        patience: Patience | None = None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        """Raises ConfigurationError for a host that is no address."""
        self._instruments = instruments
        self._clock = clock
        self._hosts = Hosts(hosts, client=client, clock=clock, patience=patience, chance=chance)

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[Candle] | OutsideError]:
        """Candles opened after the given times and closed by `now` and by Binance's clock (ms).

        A candle that is not there yet is left out, as is what comes after the page that
        failed: the next call makes it up. Raises InstrumentError for an unknown pair.
        """
        newest = tick_of(now) - CANDLE
        first = {pair: max(tick_of(last) + CANDLE, 0) for pair, last in after.items()}
        if all(one > newest for one in first.values()):
            return {pair: [] for pair in after}
        ended = await self._ended(now)
        wanted = [
            _Wanted(pair, self._instruments.of(pair).binance, start, newest, ended)
            for pair, start in first.items()
        ]
        answers = await asyncio.gather(*(self._answer(one) for one in wanted))
        return dict(zip(after, answers, strict=True))

    async def server_time(self) -> int:
        """Binance's time in ms. Raises Retryable, Refused or Broken."""
        return await self._hosts.get("/api/v3/time", server_time)

    async def symbols(self, names: Iterable[str]) -> Mapping[str, str]:
        """TRADING, HALT or BREAK by symbol; a symbol that Binance does not know is left out.

        Raises Retryable, Refused or Broken.
        """
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        # one unknown symbol fails the whole call, so then each is asked for alone
        known = await self._statuses(wanted)
        if known is None:
            calls = (self._statuses([one]) for one in wanted)
            known = {}
            for one in await asyncio.gather(*calls, return_exceptions=True):
                if isinstance(one, BaseException):
                    raise one
                known |= one or {}
        return {one: known[one] for one in wanted if one in known}

    async def _statuses(self, names: Sequence[str]) -> dict[str, str] | None:
        asked = {"symbols": json.dumps(names, separators=(",", ":"))}
        try:
            return await self._hosts.get("/api/v3/exchangeInfo", statuses, asked)
        except BadRequest:
            return None

    async def _ended(self, now: int) -> int | None:
        """The moment (ms) up to which Binance has closed its candles for good, if it says.

        Waits for the candle that ends at the tick of `now` when that is a matter of seconds:
        our clock may be a little ahead, and a candle that has just ended may still change.
        """
        try:
            theirs = await self._hosts.get("/api/v3/time", server_time, rounds=1)
        except OutsideError:
            return None
        wait = tick_of(now) + SETTLES - theirs
        if 0 < wait <= MOST_AHEAD + SETTLES:
            await self._clock.sleep(wait / SECOND)
            theirs += wait
        return theirs

    async def _answer(self, wanted: _Wanted) -> Sequence[Candle] | OutsideError:
        found: dict[int, Candle] = {}
        failure = await self._pages(wanted, found)
        closed = wanted.closed(found)
        if failure is None:
            closed = await self._reread(wanted, found, closed)
            if not found and wanted.newest - wanted.first >= SILENT:
                failure = Retryable(
                    f"Binance: {wanted.symbol} has nothing since {iso(wanted.first)}:"
                    " halted, or an old answer"
                )
        return closed if closed or failure is None else failure

    async def _pages(self, wanted: _Wanted, found: dict[int, Candle]) -> OutsideError | None:
        """Add page after page to what is found, until the newest candle, the end or a failure."""
        start = wanted.first
        for _ in range(MOST_PAGES):
            if start > wanted.newest:
                return None
            try:
                page = await self._page(wanted, start)
            except OutsideError as failure:
                return failure
            if not page:
                return None
            found.update(page)
            start = max(page) + CANDLE
        return Retryable(f"Binance: {wanted.symbol}: more pages than in one call, goes on later")

    async def _reread(
        self, wanted: _Wanted, found: dict[int, Candle], closed: list[Candle]
    ) -> list[Candle]:
        """Ask once more, another host if there is one, for what is not there."""
        missing = wanted.missing(closed)
        if missing is None:
            return closed
        await self._clock.sleep(REREAD_S)
        try:
            found.update(await self._page(wanted, missing, second_opinion=True))
        except OutsideError:
            return closed  # what we have is good; the next call makes up the rest
        return wanted.closed(found)

    async def _page(
        self, wanted: _Wanted, start: int, *, second_opinion: bool = False
    ) -> dict[int, Candle]:
        """Candles opened from `start` on, by open time; the last may still be forming."""
        count = (wanted.newest - start) // CANDLE + 1
        asked = {
            "symbol": wanted.symbol,
            "interval": "5m",
            "startTime": str(start),
            # one more, which shows that the newest is closed
            "limit": str(min(count + 1, PAGE)),
        }
        rows = await self._hosts.get(
            "/api/v3/klines",
            partial(candles, wanted.pair),
            asked,
            second_opinion=second_opinion,
        )
        return {one.open_time: one for one in rows if one.open_time >= start}
