"""The two tables know every failure and every reply, and never call an order refused by guess."""

from itertools import product

import httpx
import pytest

from adapters.exchange.coincheck.errors import TRANSPORT, Asked, Shape, of_failure, of_reply
from adapters.exchange.coincheck.payloads import loaded
from application.errors import (
    Broken,
    ConfigurationError,
    Conflict,
    InDoubt,
    Refused,
    Retryable,
)
from tests.adapters.coincheck.kit import (
    BALANCE,
    BTC,
    ORDERS,
    STATUS,
    TICKER,
    bench,
    no,
    payload,
    place,
    reply,
    run,
)

SIX = (Retryable, InDoubt, Refused, Broken, Conflict, ConfigurationError)
ROOTS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
UNSENT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
}
HTML = b"<html><body>Maintenance</body></html>"
BODIES = {
    Shape.REFUSAL: b'{"success": false, "error": "no"}',
    Shape.ANSWER: b'{"success": true, "id": 1}',
    Shape.HTML: HTML,
    Shape.EMPTY: b" \n",
    Shape.UNREADABLE: b'{"success": true, "id": 81736',
}


def below(kind: type) -> set[type]:
    found = {kind}
    for one in kind.__subclasses__():
        if one.__module__.startswith("httpx"):
            found |= below(one)
    return found


EVERY = sorted({one for root in ROOTS for one in below(root)}, key=lambda one: one.__name__)


def test_every_failure_of_the_http_library_stands_in_the_table() -> None:
    exported = {
        one
        for name in httpx.__all__
        if isinstance(one := getattr(httpx, name), type) and issubclass(one, Exception)
    }
    assert len(EVERY) > 25
    assert exported <= set(EVERY) <= TRANSPORT.keys()


@pytest.mark.parametrize("failure", [*EVERY, TimeoutError, ConnectionResetError, KeyError])
def test_only_an_order_that_provably_was_not_sent_is_not_in_doubt(failure: type) -> None:
    error = failure.__new__(failure)
    assert of_failure(error, Asked.PUBLIC) in SIX
    assert of_failure(error, Asked.PRIVATE) in {Retryable, Broken, ConfigurationError}
    expected = {Retryable, ConfigurationError} if failure in UNSENT else {InDoubt}
    assert of_failure(error, Asked.ORDER) in expected


def clear_no(status: int, shape: Shape) -> bool:
    if shape is Shape.REFUSAL:
        return status == 200 or 400 <= status < 500
    return status == 429 and shape is not Shape.ANSWER


def test_every_status_and_body_has_a_meaning() -> None:
    for status, shape, asked in product(range(100, 600), Shape, Asked):
        for reason in ("", "no", "Nonce must be incremented", "invalid authentication"):
            kind = of_reply(status, shape, asked, reason)
            if kind is None:
                assert (status, shape) == (200, Shape.ANSWER)
                continue
            assert issubclass(kind, SIX)
            if asked is not Asked.ORDER:
                assert not issubclass(kind, InDoubt | Refused | Conflict)
            elif not clear_no(status, shape):
                assert kind is InDoubt, (status, shape)


def test_bodies_are_told_apart() -> None:
    assert {shape: loaded(body)[0] for shape, body in BODIES.items()} == {s: s for s in Shape}
    assert loaded(b"\xff\xfe{")[0] is Shape.UNREADABLE
    assert loaded(b'{"x": NaN}')[0] is Shape.UNREADABLE
    assert loaded(b"[" * 100_000)[0] is Shape.UNREADABLE
    assert loaded(b'{"success": "false"}')[0] is Shape.ANSWER


@pytest.mark.parametrize("failure", [one for one in EVERY if issubclass(one, httpx.RequestError)])
def test_a_failing_order_is_sent_once(failure: type[httpx.RequestError]) -> None:
    plug = bench().on(ORDERS, failure("boom"))
    with pytest.raises(SIX) as raised:
        run(place(plug.exchange))
    assert isinstance(raised.value, InDoubt) == (failure not in UNSENT)
    assert plug.script.paths().count(ORDERS) == 1


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("t"), httpx.ConnectError("c")])
def test_a_failing_read_is_tried_again_and_then_given_up(failure: Exception) -> None:
    plug = bench().on(BALANCE, failure, failure, failure)
    with pytest.raises(Retryable):
        run(plug.exchange.balances())
    assert plug.script.paths().count(BALANCE) == 3
    nonces = plug.script.nonces()
    assert nonces == sorted(set(nonces))
    assert run(plug.exchange.balances())


@pytest.mark.parametrize(("status", "shape"), list(product([200, 400, 404, 500, 502], BODIES)))
def test_an_orders_answer_is_a_clear_no_or_in_doubt(status: int, shape: Shape) -> None:
    body = BODIES[shape]
    plug = bench().on(ORDERS, reply(status, body))
    if (status, shape) == (200, Shape.ANSWER):
        assert run(place(plug.exchange)) == "1"
        return
    clear = shape is Shape.REFUSAL and status < 500
    with pytest.raises(Refused if clear else InDoubt):
        run(place(plug.exchange))
    assert plug.script.paths().count(ORDERS) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"success": True},
        {"success": True, "id": None},
        {"success": True, "id": 0},
        {"success": True, "id": "x"},
        {"success": True, "id": 1.5},
        {"success": True, "id": True},
        {"success": "true", "id": 1},
        {"id": 1},
        {"success": True, "id": 1, "pair": "eth_jpy"},
        {"success": True, "id": 1, "order_type": "market_sell"},
        [],
        1,
        "ok",
    ],
)
def test_an_order_whose_acceptance_cannot_be_believed_is_in_doubt(body: object) -> None:
    plug = bench().on(ORDERS, reply(200, body))
    with pytest.raises(InDoubt):
        run(place(plug.exchange))


@pytest.mark.parametrize("one", payload("refusals"))
def test_the_recorded_refusals_are_refusals(one: dict) -> None:
    plug = bench().on(ORDERS, reply(one["status"], one["body"]))
    with pytest.raises(Refused, match=one["body"].get("error", "no reason").split("(")[0]):
        run(place(plug.exchange))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (no(401, "Nonce must be incremented"), Retryable, "new API key"),
        (no(401, "invalid authentication"), ConfigurationError, "COINCHECK key_id and secret"),
        (no(401, "disabled API Key"), ConfigurationError, "enable the key"),
        (no(403, "forbidden"), ConfigurationError, "permissions"),
        (no(429, "too_many_requests"), Retryable, "429"),
        (reply(429, HTML), Retryable, "429"),
        (reply(401, HTML), InDoubt, "401"),
        (reply(429, {"success": True, "id": 5}), InDoubt, "429"),
        (no(502, "bad gateway"), InDoubt, "502"),
        (no(408, "timeout"), InDoubt, "408"),
        (reply(302, b"", location="https://elsewhere.example"), InDoubt, "302"),
    ],
)
def test_what_else_an_order_can_be_told(
    answer: httpx.Response, kind: type[Exception], said: str
) -> None:
    plug = bench().on(ORDERS, answer)
    with pytest.raises(kind, match=said):
        run(place(plug.exchange))
    assert plug.script.paths() == [STATUS, ORDERS]


@pytest.mark.parametrize(
    ("path", "answer", "kind", "times"),
    [
        (BALANCE, no(401, "invalid authentication"), ConfigurationError, 1),
        (BALANCE, reply(403, HTML), ConfigurationError, 1),
        (BALANCE, no(401, "Nonce must be incremented"), Retryable, 3),
        (BALANCE, no(200, "something"), Broken, 1),
        (BALANCE, reply(503, HTML), Retryable, 3),
        (BALANCE, reply(200, HTML), Retryable, 3),
        (BALANCE, reply(200, b'{"success": tr'), Broken, 1),
        (BALANCE, reply(200, b""), Broken, 1),
        (BALANCE, reply(301, b""), ConfigurationError, 1),
        (TICKER, reply(403, HTML), Retryable, 3),
        (TICKER, reply(404, HTML), Broken, 1),
        (TICKER, no(429, "too_many_requests"), Retryable, 3),
    ],
)
def test_what_a_read_can_be_told(
    path: str, answer: httpx.Response, kind: type[Exception], times: int
) -> None:
    plug = bench().on(path, *[lambda _: answer] * times)
    ask = plug.exchange.balances() if path == BALANCE else plug.exchange.price(BTC)
    with pytest.raises(kind):
        run(ask)
    assert plug.script.paths() == [path] * times
