"""Coincheck's public ticker as the live prices of a paper account; no key is needed."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.http_reads import HttpReads
from application.errors import Broken
from application.ports.exchange import Quote
from domain.instant import SECOND
from domain.instruments import Instruments
from domain.money import Jpy

_EARLIEST, _LATEST = 1_230_768_000, 4_102_444_800  # 2009 and 2100: anything else is a wrong unit


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("no number")  # noqa: TRY004 - pydantic wants it so
    return Decimal(value)


_Price = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, lt=10**12)]


class _Ticker(BaseModel):
    """What is needed of a ticker; new fields are none of our business."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    last: _Price
    bid: _Price
    ask: _Price
    timestamp: Annotated[int, Field(ge=_EARLIEST, lt=_LATEST)]


class CoincheckPrices:
    """Last trades and quotes of the pairs in yen."""

    def __init__(self, reads: HttpReads, base_url: str, instruments: Instruments) -> None:
        self._reads = reads
        self._url = f"{base_url.rstrip('/')}/api/ticker"
        self._names = {one.pair: one.coincheck for one in instruments}

    async def trades(self, pair: str, since: int) -> list[tuple[int, Decimal]]:
        """The last trade, if it is newer than `since` (ms). Raises Retryable or Broken."""
        ticker = await self._ticker(pair)
        at = ticker.timestamp * SECOND
        return [(at, ticker.last)] if at > since else []

    async def quote(self, pair: str) -> Quote:
        """Best bid and ask. Raises Retryable or Broken."""
        ticker = await self._ticker(pair)
        if ticker.bid > ticker.ask:
            raise Broken(f"coincheck: {pair} has bid {ticker.bid} above ask {ticker.ask}")
        return Quote(Jpy(ticker.bid), Jpy(ticker.ask))

    async def _ticker(self, pair: str) -> _Ticker:
        return await self._reads.get(self._url, _read, {"pair": self._names[pair]})


def _read(body: Any) -> _Ticker:
    try:
        return _Ticker.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(one) for one in first["loc"]) or "the body"
        raise Broken(f"ticker: {field}: {first['msg']}") from None
