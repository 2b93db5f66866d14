"""Events as JSON: every kind comes back equal, the bytes are fixed, wrong ones are named."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given

from adapters.wire_format.decode import EventDecoder, decode_events
from adapters.wire_format.digest import RunDigest
from adapters.wire_format.encode import encode_events
from adapters.wire_format.pack import pack, unpack
from adapters.wire_format.upcast import LIFTS as TRUE_LIFTS
from adapters.wire_format.upcast import SCHEMAS
from adapters.wire_format.wire_structs import struct_maker
from application.errors import Broken
from domain import events as e
from domain.money import Jpy
from tests.given.events import commits, events, values_of
from tests.given.history import commit, mixed_history, price, signal

NAN, INF = float("nan"), float("inf")
PLACED = e.OrderPlaced("o1", "ETHUSDT", "x1")
PLACED_BYTES = (
    b'[{"type":"OrderPlaced","schema":1,"data":{"exchange_id":"x1","order":"o1","pair":"ETHUSDT"}}]'
)


def written(event: e.Event) -> bytes:
    return encode_events([event])


@pytest.mark.parametrize("kind", e.EVENT_TYPES)
def test_every_kind_comes_back_equal(kind: type[e.Event]) -> None:
    @given(values_of(kind))
    def comes_back(event: e.Event) -> None:
        body = written(event)
        (back,) = decode_events(body)
        assert type(back) is kind
        assert back == event
        assert written(back) == body, "equal events are equal bytes"

    comes_back()


@given(events())
def test_the_fields_of_an_event_are_sorted(event: e.Event) -> None:
    kind = type(event).__name__
    data = msgspec.json.encode(event, order="sorted").decode()
    expected = f'[{{"type":"{kind}","schema":{SCHEMAS[type(event)]},"data":{data}}}]'
    assert written(event).decode() == expected


@given(commits())
def test_a_commit_keeps_the_order_of_its_events(one: e.Commit) -> None:
    assert decode_events(encode_events(one.events)) == one.events


def test_nothing_is_an_empty_list() -> None:
    assert encode_events([]) == b"[]"
    assert decode_events(b"[]") == ()


def test_the_bytes_of_a_placed_order() -> None:
    assert written(PLACED) == PLACED_BYTES


def test_the_bytes_of_a_trip_after_a_candle() -> None:
    trip = e.CircuitBreakerTripped("loss_24h", Jpy(Decimal("25.50")), 2)
    assert encode_events([price(1_760_000_100_000), trip]) == (
        b'[{"type":"PriceCollected","schema":1,"data":{"candle":{"close":100.0,"high":101.0,'
        b'"low":99.0,"open":99.5,"open_time":1760000100000,"pair":"ETHUSDT","volume":12.5}}},'
        b'{"type":"CircuitBreakerTripped","schema":1,"data":{"loss_24h":{"amount":"25.50"},'
        b'"losses_in_a_row":2,"reason":"loss_24h"}}]'
    )


def test_a_whole_number_in_the_place_of_a_float_is_written_as_a_float() -> None:
    whole = attrs.evolve(signal(), adjustment=0)
    assert written(whole) == written(signal())


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda x: price(close=x), r"PriceCollected\.candle\.close"),
        (lambda x: signal(total=x), r"SignalScored\.total"),
        (
            lambda x: attrs.evolve(signal(), forecast=e.ForecastReading(0.1, 0.2, "m", None, 1, x)),
            r"SignalScored\.forecast\.last_median",
        ),
        (
            lambda x: e.AnalysisTriggered("a", "move", (("ETHUSDT", 1.0), ("BTCUSDT", x))),
            r"AnalysisTriggered\.moves_pct\[1\]\[1\]",
        ),
        (
            lambda x: e.MarketContextCollected(None, None, 0, x),
            r"MarketContextCollected\.btc_dominance",
        ),
        (
            lambda x: e.PeakRaised("p", "ETHUSDT", Jpy(Decimal(x))),
            r"PeakRaised\.peak\.amount",
        ),
    ],
)
def test_what_is_no_number_is_refused(
    make: Callable[[float], e.Event], field: str, bad: float
) -> None:
    with pytest.raises(Broken, match=field):
        encode_events([price(), make(bad)])


def test_a_text_that_looks_like_no_number_is_written() -> None:
    refused = e.OrderRefused("o1", "ETHUSDT", "price", "Infinity or NaN or null")
    opened = e.PeakRaised("NaN", "Infinity", Jpy(Decimal(1)))
    assert decode_events(encode_events([refused, opened])) == (refused, opened)


def test_floats_whose_sum_is_infinite_are_written() -> None:
    huge = e.PriceCollected(e.Candle("ETHUSDT", 0, 1e308, 1e308, 1e308, 1e308, 1e308))
    assert decode_events(written(huge)) == (huge,)


def test_something_else_than_an_event_is_refused() -> None:
    with pytest.raises(Broken, match="Candle is not an event"):
        encode_events([price().candle])  # type: ignore[list-item]


def test_a_value_of_a_foreign_type_is_refused_with_the_event() -> None:
    with pytest.raises(Broken, match="OrderPlaced"):
        written(e.OrderPlaced("o1", "ETHUSDT", object()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (PLACED_BYTES.replace(b"OrderPlaced", b"OrderTeleported"), "OrderTeleported.*newer"),
        (PLACED_BYTES.replace(b'"schema":1', b'"schema":2'), "OrderPlaced has schema 2.*newer"),
        (PLACED_BYTES.replace(b'"schema":1', b'"schema":0'), "OrderPlaced has schema 0"),
        (PLACED_BYTES.replace(b'"o1"', b"7"), r"OrderPlaced.*order"),
        (PLACED_BYTES.replace(b'"exchange_id":"x1",', b""), "OrderPlaced.*exchange_id"),
        (b'{"type":"OrderPlaced"}', "not a list of events"),
        (b'[{"type":"OrderPlaced","schema":1}]', "data"),
        (b"[{", "not JSON"),
        (b'["\xff"]', "not"),
    ],
)
def test_what_cannot_be_read_is_named(body: bytes, said: str) -> None:
    with pytest.raises(Broken, match=said):
        decode_events(body)


def _without_exchange(data: dict[str, Any]) -> dict[str, Any]:
    return {"order": data["id"], "pair": data["pair"]}


def _with_exchange(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "exchange_id": "unknown"}


LIFTS = {("OrderPlaced", 1): _without_exchange, ("OrderPlaced", 2): _with_exchange}
LATER = EventDecoder({**SCHEMAS, e.OrderPlaced: 3}, LIFTS)


def test_an_old_schema_is_lifted_step_by_step() -> None:
    first = b'{"type":"OrderPlaced","schema":1,"data":{"id":"o1","pair":"ETHUSDT"}}'
    second = b'{"type":"OrderPlaced","schema":2,"data":{"order":"o2","pair":"ETHUSDT"}}'
    candle = encode_events([price()])[1:-1]
    found = LATER.decode(b"[" + b",".join([first, candle, second]) + b"]")
    assert found == (
        e.OrderPlaced("o1", "ETHUSDT", "unknown"),
        price(),
        e.OrderPlaced("o2", "ETHUSDT", "unknown"),
    )


def test_a_step_that_fails_names_the_event() -> None:
    with pytest.raises(Broken, match="OrderPlaced of schema 1 cannot be lifted"):
        LATER.decode(b'[{"type":"OrderPlaced","schema":1,"data":{}}]')


def test_every_event_has_a_schema() -> None:
    assert set(SCHEMAS) == set(e.EVENT_TYPES)


def digest_of(history: list[e.Commit]) -> str:
    digest = RunDigest()
    for one in history:
        digest.add(one)
    return digest.hexdigest()


def test_the_digest_tells_facts_apart_and_not_writers() -> None:
    history = [one for commits_ in mixed_history() for one in commits_]
    known = digest_of(history)
    assert digest_of([attrs.evolve(one, writer="another") for one in history]) == known
    for changed in (
        {"stream": "x"},
        {"version": 99},
        {"at": 1},
        {"correlation": "x"},
        {"causation": "x"},
        {"events": (price(close=1.0),)},
    ):
        assert digest_of([attrs.evolve(history[0], **changed), *history[1:]]) != known
    assert digest_of(history[::-1]) != known


def test_the_digest_of_one_commit_is_pinned() -> None:
    text = (
        b'{"at":5,"causation":"","correlation":"a1","events":%b,"stream":"order/o1","version":3}\n'
        % PLACED_BYTES
    )
    assert digest_of([commit("order/o1", 3, PLACED, at=5)]) == hashlib.sha256(text).hexdigest()


@given(events())
def test_added_encoded_is_the_same_as_added(event: e.Event) -> None:
    one = commit("s", 1, event)
    digest = RunDigest()
    digest.add_encoded(
        written(event), stream="s", version=1, at=one.at, correlation="a1", causation=""
    )
    assert digest.hexdigest() == digest_of([one])


def test_a_kind_of_event_may_hold_only_what_can_be_written() -> None:
    @attrs.frozen(slots=True)
    class Odd:
        numbers: set[int]

    with pytest.raises(TypeError, match=r"event\.numbers"):
        struct_maker(Odd, 1)


def test_threads_pack_and_unpack_beside_each_other() -> None:
    bodies = [b"[" + str(n).encode() * 3000 + b"]" for n in range(1000, 1400)]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            assert list(threads.map(lambda one: unpack(pack(one)), bodies)) == bodies


OLD = {
    ("OrderSubmitting", 1): {"jpy_reserved", "coins_reserved", "nonce", "sent_at"},
    ("OrderSubmitting", 2): {"sent_at"},
    ("LogAnchored", 1): {"through"},
}
"""(type, version) -> the fields that it did not have yet."""


def test_every_version_that_was_ever_written_is_still_read() -> None:
    now = {
        "LogAnchored": e.LogAnchored(3, "ab", 9),
        "OrderSubmitting": next(
            event
            for commits in mixed_history()
            for one in commits
            for event in one.events
            if isinstance(event, e.OrderSubmitting)
        ),
    }
    assert set(OLD) == set(TRUE_LIFTS), "an older version is missing here"
    for (name, version), absent in OLD.items():
        (data,) = msgspec.json.decode(written(now[name]))
        data["schema"] = version
        data["data"] = {key: one for key, one in data["data"].items() if key not in absent}
        (read,) = decode_events(msgspec.json.encode([data]))
        assert type(read) is type(now[name])
        kept = {one.name for one in attrs.fields(type(read))} - absent
        assert all(getattr(read, one) == getattr(now[name], one) for one in kept)
        for one in absent:
            value = getattr(read, one)
            assert getattr(value, "amount", value) == 0, "nobody knew it then"
