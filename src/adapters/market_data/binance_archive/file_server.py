"""Files of a web server that answers 404 and XML for what is not there: bounded, tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from adapters.http_reads import EXCERPT, Patience, Throttled
from application.errors import ConfigurationError, Refused, Retryable
from application.ports.clock import Clock

URL: Final = "https://data.binance.vision"
SERVICE: Final = "Binance archive"
DOWNLOADS: Final = Patience(attempts=4, read_s=20.0, call_s=300.0)
_LINE = 2_000
Value = TypeVar("Value")


class FileServer:
    """GETs of files, handed out block by block."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        url: str = URL,
        patience: Patience = DOWNLOADS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._url = url.rstrip("/")
        self._patience = patience

    async def tried(self, call: Callable[[], Awaitable[Value]]) -> Value:
        """What a call gives; it is made again, after pauses, while it raises Retryable."""
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._pause,
            sleep=self._clock.sleep,
            retry=retry_if_exception_type(Retryable),
            reraise=True,
        ):
            with attempt:
                return await call()
        raise AssertionError("tenacity returns or raises")

    async def stream(self, path: str, take: Callable[[bytes], None]) -> bool:
        """Hand a file to `take` in blocks; False, and no block, when it is not there.

        Raises Retryable, Refused or ConfigurationError, once, and what `take` raises.
        """
        patience = self._patience
        timeout = httpx.Timeout(patience.read_s, connect=patience.connect_s)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        try:
            async with (
                asyncio.timeout(patience.call_s),
                self._client.stream(
                    "GET", f"{self._url}/{path}", headers=headers, timeout=timeout
                ) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    _judge(path, response, await _start(response))
                    return False
                async for block in response.aiter_bytes():
                    take(block)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ConfigurationError(
                f"{SERVICE}: {self._url}: the address cannot be used: {error}"
            ) from None
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            why = f"{type(error).__name__}: {error}".rstrip(": ")
            raise Retryable(f"{SERVICE}: {_name(path)}: {why}") from error
        return True

    def _pause(self, state: RetryCallState) -> float:
        patience = self._patience
        error = state.outcome.exception() if state.outcome else None
        pause: float = patience.first_pause_s * 2.0 ** (state.attempt_number - 1)
        if isinstance(error, Throttled) and error.wait_s is not None:
            if error.wait_s > patience.most_pause_s:
                raise error  # going on after it was told to stop gets an address banned
            pause = max(pause, error.wait_s)
        return min(pause, patience.most_pause_s)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


async def _start(response: httpx.Response) -> str:
    """The beginning of a body."""
    async for block in response.aiter_bytes():
        return block[:_LINE].decode("utf-8", "replace")
    return ""


def _judge(path: str, response: httpx.Response, text: str) -> None:
    """Pass what means that a file is not there; raise what any other status but 200 means."""
    status = response.status_code
    said = f"{SERVICE}: {_name(path)}: HTTP {status}: {' '.join(text.split())}"[:EXCERPT]
    if status == httpx.codes.NOT_FOUND:
        if text.lstrip().startswith(("<?xml", "<Error")):
            return
        raise Refused(f"{said}: not the archive's own answer; is the address right?")
    if status in {418, 429}:
        raise Throttled(said, _seconds(response.headers.get("Retry-After")))
    if 400 <= status < 500 and status != httpx.codes.REQUEST_TIMEOUT:
        raise Refused(said)
    if 300 <= status < 400:
        raise ConfigurationError(f"{said}: the archive has moved")
    raise Retryable(said)


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
