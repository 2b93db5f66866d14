"""The way in: address, plan and token, which is in the query and therefore in no text of ours."""

import logging
import re
from typing import Final

import attrs
import httpx

from adapters.http_reads import Reply, reads_client
from application.errors import ConfigurationError, Refused

URL: Final = "https://cryptopanic.com"
V1: Final = "v1"
V2: Final = "v2"
BROWSER: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
"""Cloudflare turns away what does not look like a browser."""
_LOGGERS = ("httpx", "httpcore.http11", "httpcore.http2", "httpcore.connection")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Access:
    """What a call needs. Raises ConfigurationError, without the token, for what cannot be right.

    API v1 has a plan in its path for some accounts and none for others, v2 always has one.
    """

    token: str = attrs.field(repr=False)
    plan: str = "growth"
    version: str = V2
    url: str = URL
    user_agent: str = BROWSER

    def __attrs_post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise ConfigurationError(
                "the token of CryptoPanic has characters that no token has: copy it again"
            )
        if self.version not in {V1, V2}:
            raise ConfigurationError(f"CryptoPanic has API v1 and v2, not {self.version!r}")
        if not re.fullmatch(r"[a-z]*", self.plan) or (self.version == V2 and not self.plan):
            raise ConfigurationError(
                f"{self.plan!r} is no plan of CryptoPanic: developer, growth or enterprise"
            )
        if not (self.user_agent.isascii() and self.user_agent.isprintable()):
            raise ConfigurationError("the User-Agent for CryptoPanic has to be plain ASCII")

    @property
    def address(self) -> str:
        """Where posts are, without the token. The last slash matters: without it, a redirect."""
        plan = f"{self.plan}/" if self.plan else ""
        return f"{self.url.rstrip('/')}/api/{plan}{self.version}/posts/"

    def redacted(self, text: str) -> str:
        """A text without the token, wherever it came from."""
        return text.replace(self.token, "***")


class TokenInQuery(httpx.AsyncBaseTransport):
    """Puts the token into the address on the way out: logs of the client never see it."""

    def __init__(self, token: str, transport: httpx.AsyncBaseTransport) -> None:
        self._token = token
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with the token."""
        sent = httpx.Request(
            request.method,
            request.url.copy_merge_params({"auth_token": self._token}),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._transport.handle_async_request(sent)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


@attrs.frozen(slots=True, weakref_slot=False)
class WithoutToken:
    """A filter of log records: where a redirect goes is a header, and that is logged below us."""

    _token: str = attrs.field(repr=False)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without the token."""
        if self._token in (text := record.getMessage()):
            record.msg, record.args = text.replace(self._token, "***"), ()
        return True


def cryptopanic_client(
    access: Access, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """The client of one access, for nothing else: it would give the token to any address."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(WithoutToken(access.token))
    inner = transport or httpx.AsyncHTTPTransport(retries=0, trust_env=False)
    return reads_client(TokenInQuery(access.token, inner))


@attrs.frozen(slots=True, weakref_slot=False)
class Judge:
    """Refusals that need different things to be done, told apart by status and content type."""

    _access: Access

    def __call__(self, reply: Reply) -> None:
        """Raise Refused for 401, 403 and 404; the rest is as everywhere."""
        is_page = "html" in reply.headers.get("content-type", "").lower()
        meaning = {
            401: "the token is refused: check it",
            403: f"the plan {self._access.plan!r} does not allow it",
            404: f"there is nothing at {self._access.address}: check plan and version",
        }.get(reply.status)
        if reply.status == 403 and (is_page or reply.body is None):
            meaning = "Cloudflare blocks this client and not the plan: set another User-Agent"
        if meaning is not None:
            info = self._access.redacted(info_of(reply.body))
            text = f"CryptoPanic: HTTP {reply.status}: {meaning}"
            raise Refused(f"{text} ({info})" if info else text)


def info_of(body: object) -> str:
    """What an error of the API says in either of its shapes; empty without one."""
    if not isinstance(body, dict):
        return ""
    told = body.get("info") or body.get("error") or body.get("detail") or ""
    return " ".join(str(told).split())[:120]
