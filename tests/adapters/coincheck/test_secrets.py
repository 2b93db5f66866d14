"""Neither key, secret nor signature is ever in a text: errors, logs, reprs."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces import SqliteNonces
from tests.adapters.coincheck.kit import (
    BALANCE,
    KEY,
    OPENS,
    ORDERS,
    SECRET,
    TRANSACTIONS,
    Bench,
    bench,
    place,
    reply,
    run,
)

ASKS: dict[str, Callable[[CoincheckExchange], Awaitable[Any]]] = {
    BALANCE: lambda one: one.balances(),
    OPENS: lambda one: one.open_orders(),
    TRANSACTIONS: lambda one: one.account_fills(0),
    f"{ORDERS}/12345": lambda one: one.order("12345"),
    ORDERS: place,
}


def telling(status: int, shape: str) -> Callable[[httpx.Request], httpx.Response]:
    """A server that repeats all that it was told."""

    def answer(request: httpx.Request) -> httpx.Response:
        told = "  ".join(f"{k}: {v}" for k, v in request.headers.items())
        told += f" {SECRET}"
        match shape:
            case "refusal":
                return reply(status, {"success": False, "error": f"invalid authentication {told}"})
            case "no":
                return reply(status, {"success": False, "error": {"headers": told}})
            case "odd":
                return reply(status, {"success": True, "id": told, "orders": told, "data": told})
            case "keys":
                return reply(status, {"success": told, "orders": [{told: told}]})
            case _:
                return reply(status, f"<html>{told}</html>".encode())

    return answer


def failing(request: httpx.Request) -> httpx.Response:
    raise httpx.LocalProtocolError(f"Illegal header value {request.headers!r}", request=request)


def hidden(plug: Bench, *texts: str) -> None:
    signatures = {one.headers.get("ACCESS-SIGNATURE", "") for one in plug.script.asked} - {""}
    assert signatures
    for text in texts:
        for secret in (KEY, SECRET, *signatures):
            assert secret not in text


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("shape", ["refusal", "no", "odd", "keys", "html", "failing"])
@pytest.mark.parametrize("status", [200, 400, 401, 429, 503])
def test_a_server_that_repeats_everything_is_not_quoted(
    path: str, shape: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plug = bench()
    plug.on(path, *[failing if shape == "failing" else telling(status, shape)] * 3)
    try:
        found = run(ASKS[path](plug.exchange))
    except Exception as error:  # noqa: BLE001
        hidden(plug, str(error), repr(error), "".join(traceback.format_exception(error)))
    else:
        hidden(plug, repr(found))
    hidden(plug, caplog.text, repr(plug.exchange), repr(vars(plug.exchange)))


def test_the_files_beside_the_nonces_tell_nothing(tmp_path: Path) -> None:
    plug = bench(nonces=SqliteNonces(tmp_path / "nonces"))
    run(plug.exchange.balances())
    files = list(tmp_path.iterdir())
    assert len(files) == 2
    hidden(plug, *(f"{one}{one.read_bytes()!r}" for one in files))
