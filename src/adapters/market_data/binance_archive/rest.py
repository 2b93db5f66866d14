"""Candles of a stretch from Binance's REST interface, for the holes of an archive."""

from functools import partial
from typing import Final

from adapters.market_data.binance.hosts import Hosts
from adapters.market_data.binance.payloads import candles
from domain.events import Candle
from domain.instant import CANDLE
from domain.instruments import Instrument

PAGE: Final = 1_000


async def candles_between(
    hosts: Hosts, instrument: Instrument, start: int, end: int
) -> list[Candle]:
    """Candles opened in [start, end) (ms), as far as Binance has them.

    Give an `end` that is over: the last candle must have closed. Raises Retryable, Refused or
    Broken.
    """
    found: list[Candle] = []
    while start < end:
        page = await hosts.get(
            "/api/v3/klines",
            partial(candles, instrument.pair),
            {
                "symbol": instrument.binance,
                "interval": "5m",
                "startTime": str(start),
                "endTime": str(end - 1),
                "limit": str(PAGE),
            },
        )
        fresh = sorted(
            (one for one in page if start <= one.open_time < end and one.open_time % CANDLE == 0),
            key=lambda one: one.open_time,
        )
        if not fresh:
            break
        found += fresh
        start = fresh[-1].open_time + CANDLE
    return found
