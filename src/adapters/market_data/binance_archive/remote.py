"""One zip of the archive, believed only when its checksum says so."""

import hashlib
import re
from collections.abc import Callable
from typing import Final

import attrs
import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.clock import Clock

URL: Final = "https://data.binance.vision"
MOST_BYTES: Final = 64_000_000
_CHECKSUM = re.compile(rb"\s*([0-9a-fA-F]{64})\s+\*?\S+\s*")


@attrs.frozen(slots=True, weakref_slot=False)
class Zip:
    """A file of the archive and the SHA-256 that was stated for it."""

    content: bytes
    digest: str


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Tries:
    """How often a file is asked for, and the seconds of a call and of the first pause."""

    attempts: int = 4
    connect_s: float = 10.0
    read_s: float = 30.0
    first_pause_s: float = 1.0


def archive_client() -> httpx.AsyncClient:
    """A client that takes no proxies or passwords from outside."""
    transport = httpx.AsyncHTTPTransport(retries=0, trust_env=False)
    return httpx.AsyncClient(
        transport=transport, trust_env=False, headers={"User-Agent": "crypto-trader"}
    )


class Archive:
    """Files under one address."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        url: str = URL,
        tries: Tries | None = None,
    ) -> None:
        """Raises ConfigurationError for what is no address."""
        if not re.fullmatch(r"https?://[^\s/?#]+/?", url):
            raise ConfigurationError(f"--archive-url {url}: write https://HOST")
        self._client = client
        self._clock = clock
        self._url = url.rstrip("/")
        self._tries = tries or Tries()

    async def fetch(self, path: str) -> Zip | None:
        """A zip; None when it is not there (yet).

        Raises Retryable for a bad line, Broken for a file that its checksum contradicts twice,
        Refused for a clear no.
        """
        for attempt in (1, 2):
            digest = await self.digest(path)
            if digest is None:
                return None
            content = await self._get(path)
            if content is None:
                return None
            found = hashlib.sha256(content).hexdigest()
            if found == digest:
                return Zip(content, digest)
            if attempt == 2:
                text = f"{path}: its SHA-256 is {found[:12]}..., {digest[:12]}... is stated"
                raise Broken(f"{text}: try again later, it may just be issued anew")
        raise AssertionError("two attempts return or raise")

    async def digest(self, path: str) -> str | None:
        """The SHA-256 that is stated for a zip; None when there is none. Raises as `fetch`."""
        said = await self._get(f"{path}.CHECKSUM")
        if said is None:
            return None
        found = _CHECKSUM.match(said)
        if found is None:
            raise Broken(f"{path}.CHECKSUM: is no SHA-256 but {said[:60]!r}")
        return found[1].decode().lower()

    async def _get(self, path: str) -> bytes | None:
        tries = self._tries
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(tries.attempts),
            wait=wait_exponential(tries.first_pause_s, max=30),
            sleep=self._clock.sleep,
            retry=retry_if_exception_type(Retryable),
            reraise=True,
        ):
            with attempt:
                return await self._once(path)
        raise AssertionError("tenacity returns or raises")

    async def _once(self, path: str) -> bytes | None:
        tries = self._tries
        timeout = httpx.Timeout(tries.read_s, connect=tries.connect_s)
        try:
            reply = await self._client.get(f"{self._url}/{path}", timeout=timeout)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise Retryable(f"{path}: {type(error).__name__}: {error}") from None
        if reply.status_code == httpx.codes.OK:
            if len(reply.content) > MOST_BYTES:
                raise Broken(f"{path}: {len(reply.content):,} bytes are no month of candles")
            return reply.content
        if reply.status_code == httpx.codes.NOT_FOUND:
            return None
        raise _said(path, reply)


def _said(path: str, reply: httpx.Response) -> OutsideError:
    status = reply.status_code
    text = f"{path}: HTTP {status}: {' '.join(reply.text.split())[:120]}"
    kinds: dict[bool, Callable[[str], OutsideError]] = {True: Retryable, False: Refused}
    return kinds[status >= 500 or status in {408, 425, 429}](text)
