"""Funding rates of Binance's perpetual futures: one call a coin, and each fails alone."""

import asyncio
from functools import partial
from typing import Annotated, Any, Final

import attrs
import httpx
from pydantic import BaseModel, Field

from adapters.http_reads import HttpReads, Patience
from adapters.market_context.answers import TWICE, Moment, Number, asked, believed
from application.errors import Broken, OutsideError, Retryable
from application.ports.clock import Clock
from domain.instant import HOUR, iso
from domain.instruments import Instruments

URL: Final = "https://fapi.binance.com"
MAX_AGE: Final = 9 * HOUR
"""Rates come every 8 h; a late one is not a missing one."""


class _Premium(BaseModel):
    symbol: str
    lastFundingRate: Annotated[Number, Field(ge=-0.1, le=0.1)]  # noqa: N815 - Binance's spelling
    time: Moment


@attrs.frozen(slots=True, weakref_slot=False)
class MeanFunding:
    """Mean rate per funding interval, a fraction, and over how many coins it is."""

    rate: float
    coins: int


class FundingRates:
    """The mean over the coins whose rate could be had; the others do not count as 0."""

    def __init__(
        self,
        instruments: Instruments,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        url: str = URL,
        patience: Patience = TWICE,
    ) -> None:
        self._symbols = tuple(one.binance for one in instruments)
        self._reads = HttpReads("Binance futures", client=client, clock=clock, patience=patience)
        self._url = f"{url.rstrip('/')}/fapi/v1/premiumIndex"

    async def mean(self, now: int) -> MeanFunding:
        """At `now` (ms). Raises Retryable, with each coin's reason, when there is no rate at all.

        A rate older than 9 h is none.
        """
        answers = await asyncio.gather(*(self._rate(one, now) for one in self._symbols))
        rates = [one for one in answers if not isinstance(one, OutsideError)]
        if not rates:
            reasons = dict.fromkeys(str(one) for one in answers)
            raise Retryable("; ".join(reasons))
        return MeanFunding(sum(rates) / len(rates), len(rates))

    async def _rate(self, symbol: str, now: int) -> float | OutsideError:
        read = partial(_believed, symbol)
        try:
            found = await asked(self._reads, self._url, read, {"symbol": symbol})
        except OutsideError as failure:
            return failure
        if now - found.time > MAX_AGE:
            return Retryable(f"Binance futures: {symbol} is of {iso(found.time)}")
        return found.lastFundingRate


def _believed(symbol: str, body: Any) -> _Premium:
    found = believed(_Premium, body)
    if found.symbol != symbol:
        raise Broken(f"asked for {symbol} and got another symbol")
    return found
