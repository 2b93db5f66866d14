"""Posts to a Slack webhook; whatever Slack does, nobody else notices.

    ok                        the message is shown
    400, 403, 404, 410 ...    it never will be: given up, remembered
    429                       it waits as long as Slack says
    500 ...                   once more after a second, then it waits
    not connected             it waits
    answer lost               it may have been shown: not posted again

What waits is posted with the next message, or by `flush`.
"""

import asyncio
import json
import logging
from collections import deque
from enum import Enum, auto
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import httpx

from adapters.notifier.slack.layout import posts
from adapters.notifier.slack.words import LANGUAGES, Language, words_of
from application.errors import ConfigurationError
from application.messages import Message
from application.ports.clock import Clock
from domain.instant import SECOND

SPACING_MS: Final = SECOND
AGAIN_MS: Final = SECOND
OUTAGE_MS: Final = 60 * SECOND
MOST_PAUSE_S: Final = 3_600.0
DEFAULT_PAUSE_S: Final = 30.0
TELL_S: Final = 5.0
POST_S: Final = 8.0
TIMEOUT: Final = httpx.Timeout(5.0, connect=2.0, pool=2.0)
MOST_ROUNDS: Final = 5
EXCERPT: Final = 200
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Fate(Enum):
    SHOWN = auto()
    GIVEN_UP = auto()
    LOST = auto()
    THROTTLED = auto()
    ERROR = auto()
    NOT_SENT = auto()


@attrs.define(slots=True)
class _Waiting:
    body: bytes
    rounds: int = 0


def slack_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for webhooks: no redirects, no proxies or passwords from outside."""
    return httpx.AsyncClient(
        transport=transport or httpx.AsyncHTTPTransport(retries=0, trust_env=False),
        trust_env=False,
        follow_redirects=False,
    )


class SlackNotifier:
    """A webhook whose URL is a secret. Raises ConfigurationError for what cannot be one.

    `tell` takes about ten seconds at most, whatever happens; `kept` messages may wait, then the
    oldest goes. Counted: `posted`, `failures` (posts without an ok), `dropped` (never shown,
    as far as we know).
    """

    def __init__(
        self,
        url: str,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        language: Language = "ja",
        wants_routine: bool = True,
        kept: int = 100,
    ) -> None:
        _check(url, language)
        # httpx logs every address that it asks, and this one is a secret
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self.wants_routine = wants_routine
        self.posted = self.failures = self.dropped = 0
        self.last_error: str | None = None
        self._url = url
        self._client = client
        self._clock = clock
        self._words = words_of(language)
        self._kept = kept
        self._queue: deque[_Waiting] = deque()
        self._free_at = 0
        self._flushing = False

    @property
    def waiting(self) -> int:
        """Posts that wait for Slack."""
        return len(self._queue)

    async def tell(self, message: Message) -> None:
        """Post it, or let it wait."""
        try:
            for payload in posts(message, self._words):
                self._wait(_Waiting(json.dumps(payload, ensure_ascii=False).encode()))
            await self.flush(TELL_S)
        except Exception as error:  # noqa: BLE001 - words must never fail a trade
            self._failed(f"{type(error).__name__}: {error}")

    async def flush(self, most_s: float = 60.0) -> None:
        """Post what waits, as far as Slack takes it, within about so many seconds."""
        if self._flushing:
            return  # who is at it posts the new ones, too
        self._flushing = True
        try:
            until = self._clock.now() + round(most_s * SECOND)
            while self._queue and max(self._free_at, self._clock.now()) <= until:
                pause = self._free_at - self._clock.now()
                if pause > 0:
                    await self._clock.sleep(pause / SECOND)
                await self._next()
        finally:
            self._flushing = False

    def _wait(self, one: _Waiting) -> None:
        self._queue.append(one)
        while len(self._queue) > self._kept:
            self._queue.popleft()
            self.dropped += 1

    async def _next(self) -> None:
        """Post the oldest, and settle when the one after it may go."""
        one = self._queue.popleft()
        fate, pause_s = await self._post(one.body)
        now = self._clock.now()
        self._free_at = now + SPACING_MS
        match fate:
            case _Fate.SHOWN:
                self.posted += 1
                return
            case _Fate.THROTTLED:
                self._free_at = now + max(SPACING_MS, round(pause_s * SECOND))
            case _Fate.NOT_SENT | _Fate.LOST:
                self._free_at = now + OUTAGE_MS
            case _Fate.ERROR:
                one.rounds += 1
                self._free_at = now + (AGAIN_MS if one.rounds % 2 else OUTAGE_MS)
            case _Fate.GIVEN_UP:
                pass
        is_over = fate in {_Fate.GIVEN_UP, _Fate.LOST} or one.rounds >= 2 * MOST_ROUNDS
        if is_over or self.waiting >= self._kept:
            self.dropped += 1
        else:
            self._queue.appendleft(one)

    async def _post(self, body: bytes) -> tuple[_Fate, float]:
        """What became of one post, and the pause in seconds that Slack asks for."""
        try:
            async with asyncio.timeout(POST_S):
                reply = await self._client.post(
                    self._url,
                    content=body,
                    headers={"Content-Type": "application/json; charset=utf-8"},
                    timeout=TIMEOUT,
                )
        except NOT_SENT as error:
            self._failed(type(error).__name__)
            return _Fate.NOT_SENT, 0.0
        except (httpx.HTTPError, httpx.StreamError, OSError, TimeoutError) as error:
            self._failed(f"{type(error).__name__}: it may have been shown")
            return _Fate.LOST, 0.0
        status = reply.status_code
        if status == httpx.codes.OK and reply.text.strip() == "ok":
            return _Fate.SHOWN, 0.0
        self._failed(f"HTTP {status}: {reply.text}")
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return _Fate.THROTTLED, _seconds(reply.headers.get("Retry-After"))
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return _Fate.ERROR, 0.0
        return _Fate.GIVEN_UP, 0.0

    def _failed(self, text: str) -> None:
        self.failures += 1
        for secret in (self._url, urlsplit(self._url).path):
            text = text.replace(secret, "***")
        self.last_error = " ".join(text.split())[:EXCERPT]


def _check(url: str, language: Any) -> None:
    """What is wrong is said without the address."""
    try:
        parts = urlsplit(url)
        httpx.URL(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except (ValueError, httpx.InvalidURL):
        raise ConfigurationError("the Slack webhook is no address: copy it from Slack") from None
    if not is_safe or not parts.hostname or len(parts.path) < 2:
        raise ConfigurationError(
            "the Slack webhook must look like https://hooks.slack.com/services/...: "
            "copy it from Slack"
        )
    if language not in LANGUAGES:
        raise ConfigurationError(f"no language {language!r}: choose from {', '.join(LANGUAGES)}")


def _seconds(text: str | None) -> float:
    """A Retry-After in seconds, within bounds; a date or nonsense counts as half a minute."""
    try:
        asked = float(text) if text is not None else DEFAULT_PAUSE_S
    except ValueError:
        return DEFAULT_PAUSE_S
    return min(asked, MOST_PAUSE_S) if asked >= 0 else DEFAULT_PAUSE_S
