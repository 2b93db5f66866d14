"""Whatever a reply is made of: a value that can be believed, or one of the six errors."""

import copy
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchange.coincheck.calls import Retries
from adapters.exchange.coincheck.exchange import CoincheckExchange
from application.errors import (
    Broken,
    ConfigurationError,
    Conflict,
    InDoubt,
    Refused,
    Retryable,
)
from application.ports.exchange import Balances, Fill, PlacedOrder, Quote
from domain.instant import parse
from domain.money import Jpy
from tests.adapters.coincheck.kit import (
    ACCOUNTS,
    BALANCE,
    BTC,
    KEY,
    OPENS,
    ORDERS,
    PATHS,
    SECRET,
    STATUS,
    TICKER,
    TRANSACTIONS,
    bench,
    payload,
    place,
    reply,
    run,
)

READ_ERRORS = (Retryable, Broken, ConfigurationError)
SIX = (*READ_ERRORS, InDoubt, Refused, Conflict)
Ask = Callable[[CoincheckExchange], Awaitable[Any]]

ASKS: dict[str, tuple[Ask, tuple[type[Exception], ...]]] = {
    TICKER: (lambda one: one.quote(BTC), READ_ERRORS),
    BALANCE: (lambda one: one.balances(), READ_ERRORS),
    ACCOUNTS: (lambda one: one.taker_fee(BTC), READ_ERRORS),
    OPENS: (lambda one: one.open_orders(), READ_ERRORS),
    TRANSACTIONS: (lambda one: one.account_fills(0), READ_ERRORS),
    f"{ORDERS}/12345": (lambda one: one.order("12345"), (*READ_ERRORS, Refused)),
    STATUS: (place, SIX),
    ORDERS: (place, (Retryable, InDoubt, Refused, ConfigurationError)),
}
each = pytest.mark.parametrize("path", ASKS)

odd = st.sampled_from(
    [
        *(
            "",
            "0",
            "-0",
            "1e5",
            "1e-30",
            "9" * 400,
            "NaN",
            "Infinity",
            "-1",
            "1_000",
            "\uff10",
            "\ud800",
        ),
        *(0, -1, 1, 2**63, 10**30, 1e308, -1e-308, True, False, None, [], {}, [[]]),
        *("2025-09-29T14:50:21.000Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
        *("buy", "sell", "market_buy", "btc_jpy", "_jpy", "jpy", f"{KEY}{SECRET}"),
    ]
)
values = st.recursive(
    odd | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def nodes(value: Any, path: tuple = ()) -> list[tuple]:
    """Where something of a payload can be changed."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return [path, *(one for key, child in inner for one in nodes(child, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, valid: Any) -> Any:
    """A valid payload with one to three of its parts replaced, renamed away or doubled."""
    made = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(nodes(made)))
        if not where:
            return draw(values)
        parent = made
        for key in where[:-1]:
            parent = parent[key]
        match draw(st.sampled_from(["replace", "remove", "double"])):
            case "replace":
                parent[where[-1]] = draw(values)
            case "remove":
                del parent[where[-1]]
            case "double" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[where[-1]]))
    return made


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


@st.composite
def damaged(draw: st.DrawFn, valid: bytes) -> bytes:
    """Valid bytes, cut off or with some of them changed."""
    body = bytearray(valid[: draw(st.integers(0, len(valid)))])
    for _ in range(draw(st.integers(0, 3))):
        if body:
            body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


def judged(path: str, answer: httpx.Response) -> None:
    ask, errors = ASKS[path]
    plug = bench(retries=Retries(attempts=1)).on(path, answer)
    try:
        found = run(ask(plug.exchange))
    except errors as error:
        text = str(error)
        assert len(text) < 900
        assert text.isprintable()
        assert text.encode()
        assert KEY not in text
        assert SECRET not in text
    else:
        believable(found)


def believable(found: Any) -> None:
    match found:
        case str():
            assert found.isdigit()
            assert int(found) > 0
        case Decimal():
            assert 0 <= found < 1
        case Quote():
            assert Jpy(Decimal(0)) < found.bid <= found.ask
        case Balances():
            yen = (found.jpy_free.amount, found.jpy_reserved.amount)
            coins = (*found.coins_free.values(), *found.coins_reserved.values())
            assert all(one >= 0 and one.is_finite() for one in (*yen, *coins))
        case PlacedOrder():
            assert found.exchange_id.isdigit()
            assert parse("2009-01-01") <= found.created_at < parse("2100-01-01")
        case Fill():
            assert found.quantity > 0
            assert found.price > Jpy(Decimal(0))
            assert isinstance(found.id, str)
        case tuple():
            for one in found:
                believable(one)
        case _:
            pytest.fail(f"a {type(found).__name__} left the plug")


@each
@given(data=st.data(), status=st.sampled_from([200, 200, 200, 400, 401, 404, 429, 500]))
def test_a_changed_payload(path: str, data: st.DataObject, status: int) -> None:
    body = as_bytes(data.draw(mutated(payload(PATHS[path]))))
    judged(path, reply(status, body))


@each
@given(data=st.data())
def test_a_damaged_body(path: str, data: st.DataObject) -> None:
    body = data.draw(damaged(as_bytes(payload(PATHS[path]))))
    judged(path, reply(200, body))


@each
@given(body=values.map(as_bytes) | st.binary(max_size=60), status=st.integers(200, 599))
def test_anything_at_all(path: str, body: bytes, status: int) -> None:
    judged(path, reply(status, body))


@each
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"success":true,"id":' + b"9" * 10_000 + b"}",
        b'{"success":true,"id":1e999999999}',
        b'{"success":true,"error":"' + b"x" * 5_000_000 + b'"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
    ],
    ids=["deep", "long", "huge", "large", "bom", "utf-16"],
)
def test_what_is_made_to_hurt(path: str, body: bytes) -> None:
    judged(path, reply(200, body))


@each
def test_a_compressed_body_that_is_not_compressed(path: str) -> None:
    headers = [("Content-Encoding", "gzip")]
    stream = httpx.ByteStream(b"not gzip")
    judged(path, httpx.Response(200, headers=headers, stream=stream))
