"""A real HTTP server on loopback, in a thread of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

DROP = "loopback.drop"
"""The name of the extension that closes a connection without an answer."""
START_S = 10.0
END_S = 5
"""How long a connection that somebody forgot may hold up the end."""


class DroppingProtocol(H11Protocol):
    """HTTP/1.1 that lets the application close a connection without an answer."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        app = self.app

        async def with_drop(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), DROP: self._drop}
            await app({**scope, "extensions": extensions}, receive, send)

        self.app = with_drop

    def _drop(self) -> None:
        self.transport.abort()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serve an application on 127.0.0.1 while the block runs; its base URL. 0 is any free port.

    Raises OSError when the port is taken. At the end `app.state.let_go`, if there
    is one, is called: it drops the requests that are held.
    """
    listening = socket.create_server(("127.0.0.1", port))
    # headers and body are two writes: without this each answer waits 40 ms for the client
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        http=DroppingProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=END_S,
    )
    server = _Server(config)
    thread = Thread(target=server.run, args=([listening],), name="loopback", daemon=True)
    with listening:
        thread.start()
        if not server.ready.wait(START_S):
            raise RuntimeError("the server did not start")
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            let_go = getattr(app.state, "let_go", None)
            if let_go is not None:
                let_go()
            thread.join(2 * END_S)
