"""Bitcoin's share of the market from CoinGecko's global figures; three shapes of errors."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import httpx
from pydantic import BaseModel, Field

from adapters.http_reads import HttpReads, Patience, Reply
from adapters.market_context.answers import TWICE, MomentOfSeconds, Number, asked, believed
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.clock import Clock
from domain.instant import HOUR, iso

URL: Final = "https://api.coingecko.com"
DEMO_HEADER: Final = "x-cg-demo-api-key"
PRO_URL: Final = "https://pro-api.coingecko.com"
PRO_HEADER: Final = "x-cg-pro-api-key"
MAX_AGE: Final = 2 * HOUR
"""The figures are made anew every ten minutes or so."""
_THROTTLED = 429
_KEY_CODES: Mapping[int, str] = {
    10002: "the key is missing or wrong",
    10005: "the plan does not allow it",
    10010: "a pro key wants the pro host and header",
    10011: "a demo key wants the public host and the demo header",
}


class _Global(BaseModel):
    market_cap_percentage: dict[str, Any]
    updated_at: MomentOfSeconds | None = None


class _Answer(BaseModel):
    data: _Global


class _Share(BaseModel):
    btc: Annotated[Number, Field(gt=0, le=100)]


class Dominance:
    """Bitcoin's dominance in %. `key` goes into a header, and an empty one is not sent."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        key: str = "",
        header: str = DEMO_HEADER,
        url: str = URL,
        patience: Patience = TWICE,
    ) -> None:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigurationError("the key of CoinGecko has characters that no key has")
        self._reads = HttpReads(
            "CoinGecko",
            client=client,
            clock=clock,
            patience=patience,
            secrets=(key,),
            judge=self._judge,
        )
        self._url = f"{url.rstrip('/')}/api/v3/global"
        self._key = key
        self._headers = {header: key} if key else {}

    async def share(self, now: int) -> float:
        """In % at `now` (ms). Raises Retryable, Refused or Broken; figures over 2 h old are none.

        Bitcoin can be missing from the map: Broken, as a share is never made up.
        """
        found = await asked(self._reads, self._url, _believed, headers=self._headers)
        if found.updated_at is not None and now - found.updated_at > MAX_AGE:
            raise Retryable(f"CoinGecko: the newest figures are of {iso(found.updated_at)}")
        if "btc" not in found.market_cap_percentage:
            raise Broken("CoinGecko: market_cap_percentage has no btc")
        return believed(_Share, found.market_cap_percentage).btc

    def _judge(self, reply: Reply) -> None:
        """What its own errors mean, whatever the status they come with."""
        error = _error_of(reply.body)
        if error is None or reply.status == _THROTTLED or reply.status >= 500:
            return  # the status says it all
        code, text = error
        said = f"CoinGecko: error {code}: {_KEY_CODES.get(code, text)}"
        if self._key:
            said = said.replace(self._key, "***")
        failure: type[OutsideError] = Retryable if code == _THROTTLED else Refused
        raise failure(said[:200])


def _believed(body: Any) -> _Global:
    return believed(_Answer, body).data


def _error_of(body: Any) -> tuple[int, str] | None:
    """Code (0 if unsaid) and text of {"status": {...}}, {"error": {"status": ...}} or {"error"}."""
    if not isinstance(body, Mapping):
        return None
    error = body.get("error")
    status = error.get("status") if isinstance(error, Mapping) else body.get("status")
    if isinstance(status, Mapping) and "error_code" in status:
        code = status["error_code"]
        return code if isinstance(code, int) else 0, str(status.get("error_message", ""))
    return (0, str(error)) if error else None
