"""The default tests reach nothing outside this machine: whoever tries fails, children included."""

import asyncio
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from adapters.http_reads import reads_client

AWAY = "192.0.2.1"
"""An address that is nobody's (RFC 5737)."""


@contextmanager
def stopped() -> Iterator[None]:
    """It fails, and not with an error that a program is ready for."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its kind differs by who wraps it
        yield
    assert not isinstance(caught.value, httpx.HTTPError | OSError)
    assert "ReachedOut" in "".join(traceback.format_exception(caught.value))


def test_connecting_elsewhere_is_stopped() -> None:
    with socket.socket() as one, stopped():
        one.connect((AWAY, 80))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, stopped():
        one.sendto(b"?", (AWAY, 53))


@pytest.mark.parametrize("url", [f"http://{AWAY}/", "https://data-api.binance.vision/"])
def test_no_plug_takes_it_for_a_bad_line(url: str) -> None:
    async def get() -> None:
        async with reads_client() as client:
            await client.get(url)

    with stopped():
        asyncio.run(get())


def test_looking_up_a_name_is_stopped() -> None:
    with stopped():
        socket.getaddrinfo("coincheck.com", 443)


def test_a_process_that_a_test_starts_is_held_back_too() -> None:
    code = f"import socket; socket.create_connection(({AWAY!r}, 80), 1)"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert child.returncode == 1
    assert "ReachedOut" in child.stderr


def test_this_machine_itself_may_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
