"""Fear & Greed of alternative.me: one value a day, texts throughout, errors with status 200."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import httpx
from pydantic import BaseModel, BeforeValidator, Field

from adapters.http_reads import HttpReads, Patience
from adapters.market_context.answers import TWICE, MomentOfSeconds, asked, believed, number
from application.errors import Broken, OutsideError, Retryable
from application.ports.clock import Clock
from domain.instant import HOUR, MINUTE, iso

URL: Final = "https://api.alternative.me"
EVERY: Final = 30 * MINUTE
MAX_AGE: Final = 48 * HOUR
_SKEW = HOUR


def _whole(value: object) -> int:
    found = number(value)
    if found % 1:
        raise ValueError("not a whole number")
    return int(found)


class _Row(BaseModel):
    value: Annotated[int, BeforeValidator(_whole), Field(ge=0, le=100)]
    timestamp: MomentOfSeconds


class _Answer(BaseModel):
    data: Annotated[list[_Row], Field(min_length=1)]


class FearGreed:
    """The newest value; asked for at most every 30 minutes, whatever came of it."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        url: str = URL,
        patience: Patience = TWICE,
    ) -> None:
        self._reads = HttpReads("alternative.me", client=client, clock=clock, patience=patience)
        self._url = f"{url.rstrip('/')}/fng/"
        self._asked_at: int | None = None
        self._answer: _Row | OutsideError | None = None

    async def value(self, now: int) -> int:
        """0 (fear) to 100 (greed) at `now` (ms). Raises Retryable, Refused or Broken.

        A value older than 48 h is none: Retryable.
        """
        row = await self._row(now)
        if isinstance(row, OutsideError):
            raise row
        if now - row.timestamp > MAX_AGE:
            raise Retryable(f"alternative.me: the newest value is of {iso(row.timestamp)}")
        if row.timestamp - now > _SKEW:
            raise Broken(f"alternative.me: a value of {iso(row.timestamp)}, which is to come")
        return row.value

    async def _row(self, now: int) -> _Row | OutsideError:
        if self._answer is None or self._asked_at is None or not 0 <= now - self._asked_at < EVERY:
            self._asked_at = now
            try:
                self._answer = await asked(
                    self._reads, self._url, _newest, {"limit": "1", "format": "json"}
                )
            except OutsideError as failure:
                self._answer = failure
        return self._answer


def _newest(body: Any) -> _Row:
    if isinstance(body, Mapping):
        metadata = body.get("metadata")
        if isinstance(metadata, Mapping) and (error := metadata.get("error")):
            raise Retryable(f"it says {error}")
    return believed(_Answer, body).data[0]
