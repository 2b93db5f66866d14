"""The ASGI application: routes, authentication, refusals, and faults around them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.exchange.coincheck_fake import faults as fault
from adapters.exchange.coincheck_fake import payloads
from adapters.exchange.coincheck_fake.auth import Gate
from adapters.exchange.coincheck_fake.endpoints import ENDPOINTS, Call
from adapters.exchange.coincheck_fake.faults import PRIVATE, Faults
from adapters.exchange.coincheck_fake.rules import PAGE, NoSuchPageError, RefusedError
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.loopback.server import DROP

"""The ASGI extension by which the server closes a connection without an answer."""
Answer = Callable[[Call], dict[str, Any]]
_json = msgspec.json.Encoder(decimal_format="number")


def make_app(
    venue: Venue,
    secrets: Mapping[str, str],
    faults: Faults | None = None,
    *,
    page: int = PAGE,
    echo_sell_amount: bool = False,
) -> Starlette:
    """A Coincheck before a venue; `secrets` by key. `app.state` has venue, gate and faults."""
    interface = Interface(venue, Gate(secrets), faults or Faults(), page, echo_sell_amount)
    app = Starlette(
        routes=[
            Route(path, interface.route(point, answer), methods=[method])
            for point, method, path, answer in ENDPOINTS
        ],
        exception_handlers={HTTPException: _no_such_page},
    )
    app.state.venue, app.state.gate, app.state.faults = venue, interface.gate, interface.faults
    app.state.let_go = interface.faults.abandon
    return app


class Interface:
    """What happens between a request's arrival and its answer."""

    def __init__(
        self, venue: Venue, gate: Gate, faults: Faults, page: int, echo_sell_amount: bool
    ) -> None:
        self.venue = venue
        self.gate = gate
        self.faults = faults
        self._page = page
        self._echo = echo_sell_amount

    def route(self, point: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """The handler of one endpoint."""

        async def handle(request: Request) -> Response:
            body = await request.body()
            strikes = self.faults.draw(point)
            if strikes == fault.REPLY_LOST_BEFORE:
                return Dropped()
            if strikes == fault.HTTP_502_BEFORE:
                return _page(502)
            if strikes == fault.MAINTENANCE and point != "status":
                return _page(503)
            if strikes == fault.DELAYED:
                return await self._later(point, answer, request, body)
            return self._judge(point, answer, request, body, strikes)

        return handle

    async def _later(self, point: str, answer: Answer, request: Request, body: bytes) -> Response:
        """Hold a request that has fully arrived; the client may give up meanwhile."""
        held = self.faults.hold(point)
        try:
            await asyncio.to_thread(held.released.wait, self.faults.hold_s)
            if held.abandoned:
                return Dropped()
            return self._judge(point, answer, request, body, fault.DELAYED)
        finally:
            held.judged.set()

    def _judge(
        self, point: str, answer: Answer, request: Request, body: bytes, strikes: str | None
    ) -> Response:
        """Let in or refuse, act, and answer; nothing else happens meanwhile."""
        with self.venue.whole():
            try:
                response = self._answer(point, answer, request, body, strikes)
            except RefusedError as refused:
                response = _reply({"success": False, "error": refused.text}, refused.status)
            except NoSuchPageError:
                response = _page(404)
        if strikes == fault.REPLY_LOST_AFTER:
            return Dropped()
        if strikes == fault.HTTP_502_AFTER:
            return _page(502)
        if strikes == fault.HTML_200:
            return _page(200)
        if strikes == fault.TRUNCATED_JSON:
            cut = bytes(response.body)[: max(1, len(response.body) // 2)]
            return Response(cut, response.status_code, media_type="application/json")
        return response

    def _answer(
        self, point: str, answer: Answer, request: Request, body: bytes, strikes: str | None
    ) -> Response:
        key = nonce = None
        if strikes == fault.NONCE_REFUSED:
            raise RefusedError(401, "Nonce must be incremented")
        if point in PRIVATE:
            key, nonce = self.gate.admit(request.headers, url_as_sent(request.scope), body, point)
        if strikes == fault.THROTTLED:
            raise RefusedError(429, "too_many_requests")
        call = Call(
            venue=self.venue,
            faults=self.faults,
            fault=strikes,
            query=request.query_params,
            path=request.path_params,
            body=body,
            content_type=request.headers.get("content-type", ""),
            page=self._page,
            echo_sell_amount=self._echo,
            key=key,
            nonce=nonce,
        )
        payload = answer(call)
        return _reply(payloads.disguised(payload) if strikes == fault.WRONG_TYPES else payload)


def url_as_sent(scope: Scope) -> str:
    """Scheme, host, path and query exactly as the client wrote them."""
    host: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"")
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = b"?" + scope["query_string"] if scope["query_string"] else b""
    return f"{scope['scheme']}://" + (host + path + query).decode("latin-1")


class Dropped(Response):
    """No answer: the connection is closed. Without a server it is a ConnectionResetError."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        drop = scope.get("extensions", {}).get(DROP)
        if drop is None:
            raise ConnectionResetError("dropped without an answer")
        drop()
        await asyncio.sleep(0)  # the server learns of the loss before it misses an answer


def _reply(payload: dict[str, Any], status: int = 200) -> Response:
    return Response(_json.encode(payload), status, media_type="application/json")


PAGES = {
    200: "ただいま混み合っております",
    404: "お探しのページは見つかりませんでした",
    502: "502 Bad Gateway",
    503: "ただいまメンテナンス中です",
}


def _page(status: int) -> Response:
    title = PAGES[status]
    return HTMLResponse(
        f"<!DOCTYPE html><html><head><title>{title}</title></head>"
        f"<body><h1>{title}</h1></body></html>",
        status,
    )


def _no_such_page(request: Request, error: Exception) -> Response:
    """Unknown paths and methods look alike."""
    del request, error
    return _page(404)
