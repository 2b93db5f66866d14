"""One HTTP call after the other: signed, in turn, bounded in time, and its reply judged.

A read is tried again while the outside may get well; an order is sent once, by nobody twice.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import attrs
import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from adapters.exchange.coincheck.errors import (
    Asked,
    Kind,
    Shape,
    Throttled,
    classified,
    of_failure,
    of_reply,
    remedy,
)
from adapters.exchange.coincheck.nonces import Nonces
from adapters.exchange.coincheck.pacing import Pace
from adapters.exchange.coincheck.payloads import loaded, reason_of
from adapters.exchange.coincheck.signing import Credentials
from application.errors import Broken, ConfigurationError, InDoubt, Refused, Retryable
from application.ports.clock import Clock

BASE_URL: Final = "https://coincheck.com"
ORDERS: Final = "/api/exchange/orders"
_MOST_BYTES: Final = 4_000_000
_THROTTLED_S: Final = 1.0

Value = TypeVar("Value")
Read = Callable[[Any], Value]
"""Makes a value of a reply's JSON, or raises Broken."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Timeouts:
    """Seconds: to connect, between two pieces of a reply, for a whole call, for our turn."""

    connect_s: float = 5.0
    read_s: float = 15.0
    call_s: float = 30.0
    turn_s: float = 40.0


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Retries:
    """How often a read is tried, how long it waits (doubling, with jitter), and until when."""

    attempts: int = 3
    first_s: float = 0.5
    most_s: float = 8.0
    deadline_s: float = 45.0


@attrs.frozen(slots=True, weakref_slot=False)
class Reply:
    """A reply whose body was read to its end."""

    status: int
    body: bytes


def coincheck_client(
    base_url: str = BASE_URL, *, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client that neither retries, redirects nor reads proxies and passwords from outside.

    Raises ConfigurationError for an address that cannot be one.
    """
    try:
        address = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"COINCHECK base_url: {error}") from None
    if address.scheme not in {"http", "https"} or not address.host or address.query:
        raise ConfigurationError(f"COINCHECK base_url should look like {BASE_URL}")
    if address.userinfo:
        raise ConfigurationError("COINCHECK base_url must not carry a password")
    return httpx.AsyncClient(
        base_url=address,
        transport=transport or httpx.AsyncHTTPTransport(retries=0, trust_env=False),
        trust_env=False,
        follow_redirects=False,
        headers={"Accept": "application/json"},
    )


class Calls:
    """The calls of one key."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        credentials: Credentials,
        clock: Clock,
        nonces: Nonces,
        timeouts: Timeouts,
        retries: Retries,
        chance: Callable[[], float],
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._clock = clock
        self._nonces = nonces
        self._timeouts = timeouts
        self._retries = retries
        self._chance = chance

    def nonce(self) -> int:
        """A number larger than any before."""
        return self._nonces.reserve(self._credentials.key_id, self._clock.now())

    async def public(self, path: str, read: Read[Value], **query: str) -> Value:
        """A read without a key. Raises Retryable or Broken."""
        return await self._tried(lambda: self._read(path, query, read, Asked.PUBLIC))

    async def private(self, path: str, read: Read[Value], **query: str) -> Value:
        """A read with the key. Raises Retryable, Broken or ConfigurationError."""
        return await self._tried(lambda: self._read(path, query, read, Asked.PRIVATE))

    async def status_of(self, path: str, read: Read[Value], pace: Pace) -> Value | None:
        """A read with the key of what may not exist: None when the exchange says so."""
        return await self._tried(lambda: self._found(path, read, pace))

    async def order(self, fields: Mapping[str, str], nonce: int, read: Read[Value]) -> Value:
        """Send an order once. Raises Refused, Retryable, InDoubt or ConfigurationError."""
        body = json.dumps(fields, separators=(",", ":")).encode()
        async with self._turn():
            reply = await self._sent("POST", ORDERS, Asked.ORDER, body, nonce)
        try:
            return self._answer(reply, "order", read, Asked.ORDER)
        except Broken as error:
            raise InDoubt(f"{error}; the order may be on the book") from None

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._nonces.turn(self._credentials.key_id, self._clock, self._timeouts.turn_s)

    async def _read(
        self,
        path: str,
        query: Mapping[str, str],
        read: Read[Value],
        asked: Asked,
    ) -> Value:
        target = f"{path}?{urlencode(query)}" if query else path
        return self._answer(await self._got(target, asked), path, read, asked)

    async def _found(self, path: str, read: Read[Value], pace: Pace) -> Value | None:
        await pace.wait()
        reply = await self._got(path, Asked.PRIVATE)
        return None if _says_missing(reply) else self._answer(reply, path, read, Asked.PRIVATE)

    async def _got(self, target: str, asked: Asked) -> Reply:
        if asked is Asked.PUBLIC:
            return await self._sent("GET", target, asked)
        async with self._turn():
            return await self._sent("GET", target, asked, nonce=self.nonce())

    async def _sent(
        self, method: str, target: str, asked: Asked, body: bytes = b"", nonce: int | None = None
    ) -> Reply:
        limits = self._timeouts
        try:
            request = self._client.build_request(
                method,
                target,
                content=body or None,
                headers={"Content-Type": "application/json"} if body else None,
                timeout=httpx.Timeout(limits.read_s, connect=limits.connect_s),
            )
            if nonce is not None:
                request.headers.update(self._credentials.headers(nonce, str(request.url), body))
            async with asyncio.timeout(limits.call_s):
                return await self._exchanged(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, an order may have left
            kind = of_failure(error, asked)
            # no cause: it would carry the request, and with it the key
            said = self._credentials.excerpt(f"{type(error).__name__}: {error}")
            raise self._raised(kind, f"{method} {target}: {said}", "") from None

    async def _exchanged(self, request: httpx.Request) -> Reply:
        reply = await self._client.send(request, stream=True, auth=None, follow_redirects=False)
        body = bytearray()
        try:
            async for piece in reply.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    break  # what is cut off here cannot be read, and is judged so
        finally:
            await reply.aclose()
        return Reply(reply.status_code, bytes(body))

    def _answer(self, reply: Reply, what: str, read: Read[Value], asked: Asked) -> Value:
        shape, value = loaded(reply.body)
        reason = reason_of(value) if shape is Shape.REFUSAL else ""
        kind = of_reply(reply.status, shape, asked, reason)
        if kind is not None:
            said = classified(reason) if reason else reply.body.decode("utf-8", "replace")
            text = self._credentials.excerpt(said)
            raise self._raised(kind, f"{what}: HTTP {reply.status}, {shape}: {text}", reason)
        try:
            return read(value)
        except Broken as error:
            raise Broken(self._credentials.excerpt(str(error))) from None

    def _raised(self, kind: Kind, said: str, reason: str) -> Exception:
        text = self._credentials.redacted(said)
        return kind(text + remedy(kind, reason))

    async def _tried(self, once: Callable[[], Awaitable[Value]]) -> Value:
        until = self._clock.now() + self._retries.deadline_s * 1000

        def is_over(state: RetryCallState) -> bool:
            again = self._clock.now() + state.upcoming_sleep * 1000
            return state.attempt_number >= self._retries.attempts or again >= until

        async def attempt() -> Value:
            return await once()

        trying = AsyncRetrying(
            sleep=self._clock.sleep,
            stop=is_over,
            wait=self._wait,
            retry=retry_if_exception_type(Retryable),
            reraise=True,
        )
        return await trying(attempt)

    def _wait(self, state: RetryCallState) -> float:
        """Twice as long each time, between half and all of it."""
        longest: float = min(
            self._retries.first_s * 2.0 ** (state.attempt_number - 1), self._retries.most_s
        )
        wait = longest * (0.5 + 0.5 * self._chance())
        outcome = state.outcome
        if outcome is not None and isinstance(outcome.exception(), Throttled):
            return wait + _THROTTLED_S
        return wait


def _says_missing(reply: Reply) -> bool:
    """404 whatever the body, or a clear no that is about neither key, nonce nor pace."""
    if reply.status == 404:
        return True
    shape, value = loaded(reply.body)
    if shape is not Shape.REFUSAL:
        return False
    # judged as an order's refusal, for which alone a plain no is told from the others
    return of_reply(reply.status, shape, Asked.ORDER, reason_of(value)) is Refused
