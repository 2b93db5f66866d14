"""Reading JSON over HTTP from services that move no money: bounded, retried, judged, redacted.

Whatever happens ends in the value that was asked for or in one of four errors: Retryable (try
again later), Refused (a clear no), Broken (an answer that cannot be believed) or
ConfigurationError (an address or a key that cannot be right).
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

import attrs
import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.clock import Clock

Value = TypeVar("Value")
Read = Callable[[Any], Value]
"""Makes a value of a reply's JSON (numbers as Decimal), or raises Broken."""
EXCERPT: Final = 200
MOST_BYTES: Final = 16_000_000


class Throttled(Retryable):
    """Asked too often; `wait_s` seconds are wanted before the next call, None if unsaid."""

    def __init__(self, text: str, wait_s: float | None) -> None:
        super().__init__(text)
        self.wait_s = wait_s


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Patience:
    """Seconds to connect, to read and for a whole call; how often it is tried, and its pauses."""

    connect_s: float = 5.0
    read_s: float = 10.0
    call_s: float = 20.0
    attempts: int = 3
    first_pause_s: float = 1.0
    most_pause_s: float = 10.0


@attrs.frozen(slots=True, weakref_slot=False)
class Reply:
    """Status, headers and the parsed body of an answer that was JSON."""

    status: int
    headers: httpx.Headers
    body: Any


def reads_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client that does not redirect and takes no proxies or passwords from outside."""
    return httpx.AsyncClient(
        transport=transport or httpx.AsyncHTTPTransport(retries=0, trust_env=False),
        trust_env=False,
        follow_redirects=False,
        headers={"Accept": "application/json", "User-Agent": "crypto-trader"},
    )


class HttpReads:
    """GETs of one service, named in every error. `secrets` never appear in any text."""

    def __init__(
        self,
        service: str,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        patience: Patience | None = None,
        chance: Callable[[], float] = lambda: 0.5,
        secrets: tuple[str, ...] = (),
        judge: Callable[[Reply], None] | None = None,
    ) -> None:
        self._service = service
        self._client = client
        self._clock = clock
        self._patience = patience or Patience()
        self._chance = chance
        self._secrets = tuple(one for one in secrets if one)
        self._judge = judge

    async def get(
        self,
        url: str,
        read: Read[Value],
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Value:
        """The value that `read` makes of the answer; Retryable answers are asked for again.

        Raises Retryable, Refused, Broken or ConfigurationError.
        """
        patience = self._patience
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(patience.attempts),
            wait=self._pause,
            sleep=self._clock.sleep,
            retry=retry_if_exception_type(Retryable),
            reraise=True,
        ):
            with attempt:
                return await self._once(url, read, params, headers)
        raise AssertionError("tenacity returns or raises")

    def _pause(self, state: RetryCallState) -> float:
        """Doubling pauses with jitter; what the service asks for, if it does and it is bearable."""
        patience = self._patience
        error = state.outcome.exception() if state.outcome else None
        pause: float = min(
            patience.first_pause_s * 2.0 ** (state.attempt_number - 1), patience.most_pause_s
        )
        pause *= 0.5 + self._chance()
        if isinstance(error, Throttled) and error.wait_s is not None:
            if error.wait_s > patience.most_pause_s:
                raise error  # going on after it was told to stop gets an address banned
            pause = max(pause, error.wait_s)
        return pause

    async def _once(
        self,
        url: str,
        read: Read[Value],
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Value:
        patience = self._patience
        try:
            async with asyncio.timeout(patience.call_s):
                response = await self._client.get(
                    url,
                    params=params,
                    headers=headers,
                    timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s),
                )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ConfigurationError(self._said(f"the address cannot be used: {error}")) from None
        except (httpx.DecodingError, httpx.TooManyRedirects) as error:
            raise Broken(self._said(f"{type(error).__name__}: {error}")) from None
        except (httpx.HTTPError, httpx.StreamError, OSError, TimeoutError) as error:
            # no cause: it carries the request, and with it the token
            raise Retryable(self._said(f"{type(error).__name__}: {error}")) from None
        reply = self._parsed(response)
        if self._judge is not None:
            self._judge(reply)
        self._believed(reply, response)
        try:
            return read(reply.body)
        except OutsideError as error:
            raise type(error)(self._said(str(error))) from None

    def _parsed(self, response: httpx.Response) -> Reply:
        body: Any = None
        if len(response.content) > MOST_BYTES:
            raise Broken(self._said(f"an answer of {len(response.content)} bytes"))
        text = response.text.lstrip()
        if response.status_code == httpx.codes.OK and text.startswith("<"):
            raise Retryable(self._said(f"HTTP 200 with a page instead of JSON: {text}"))
        try:
            body = json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            if response.status_code == httpx.codes.OK:
                raise Broken(self._said(f"unreadable JSON ({error}): {text}")) from None
        return Reply(response.status_code, response.headers, body)

    def _believed(self, reply: Reply, response: httpx.Response) -> None:
        """Pass an answer of status 200; raise what any other means."""
        status = reply.status
        if status == httpx.codes.OK:
            return
        text = self._said(f"HTTP {status}: {response.text}")
        if status in {429, 418}:
            raise Throttled(text, _seconds(reply.headers.get("Retry-After")))
        if status in {401, 402, 403, 404, 451} or 400 <= status < 408:
            raise Refused(text)
        if 300 <= status < 400:
            raise ConfigurationError(self._said(f"HTTP {status}: the service has moved"))
        raise Retryable(text)

    def _said(self, text: str) -> str:
        """Service and text, short and without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return f"{self._service}: {' '.join(text.split())[:EXCERPT]}"


def _seconds(text: str | None) -> float | None:
    """A Retry-After in seconds; a date or nonsense counts as unsaid."""
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
