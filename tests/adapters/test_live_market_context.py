"""The live plugs of the market's mood against every fault, and against bodies of any kind."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import Patience, reads_client
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.market_context.dominance import PRO_HEADER, Dominance
from adapters.market_context.fear_greed import FearGreed
from adapters.market_context.feeds_fake import (
    FUNDING,
    MOOD,
    SHARE,
    FeedsData,
    make_app,
)
from adapters.market_context.funding import FundingRates
from adapters.market_context.live import LiveMarketContext
from application.errors import ConfigurationError, OutsideError, Retryable
from domain.events import MarketContextCollected
from domain.instant import HOUR, MINUTE, parse
from domain.instruments import DEFAULT

NOW = parse("2026-03-01T12:00:00")
KEY = "CG-AbCdEf012345"
WHOLE = MarketContextCollected(47, 0.0002, 6, 57.25)
PATIENCE = Patience(attempts=2, read_s=5.0)


@attrs.frozen
class Bench:
    """The server's faults and data, and a plug that is asked at a moment."""

    faults: ScriptedFaults
    data: FeedsData
    url: str
    clock: SimulatedClock

    def asked(self, *moments: int, patience: Patience = PATIENCE, **given) -> list:
        """Readings, or what was raised instead, of one plug; the last item is the plug."""

        async def ask() -> list:
            async with reads_client() as client:
                plug = live(client, self.clock, self.url, patience, **given)
                return [*[await had(plug, at) for at in moments or (NOW,)], plug]

        return asyncio.run(ask())


def live(client, clock, url, patience=PATIENCE, **dominance) -> LiveMarketContext:
    given = {"client": client, "clock": clock, "url": url, "patience": patience}
    return LiveMarketContext(
        FundingRates(DEFAULT, **given), FearGreed(**given), Dominance(**given, **dominance)
    )


async def had(plug: LiveMarketContext, at: int) -> MarketContextCollected | OutsideError:
    try:
        return await plug.reading(at)
    except OutsideError as failure:
        return failure


@contextmanager
def opened() -> Iterator[Bench]:
    data = FeedsData(
        fear_greed=[(47, NOW // 1000 - 12 * 3600), (40, NOW // 1000 - 36 * 3600)],
        rates={one.binance: "0.00020000" for one in DEFAULT},
        funding_time=NOW - HOUR,
        percentages={"btc": 57.25, "eth": 12.5},
        updated_at=NOW // 1000 - 300,
        demo_keys=(KEY,),
    )
    app = make_app(data)
    with serving(app) as url:
        yield Bench(app.state.faults, data, url, SimulatedClock(NOW))


@pytest.fixture
def bench() -> Iterator[Bench]:
    with opened() as made:
        yield made


LASTING = (
    *("429", "503", "html", "html-403", "truncated", "deep", "error-200"),
    *("wrong-types", "null", "missing", "stale", "moved"),
)
PARTS: dict[str, tuple[str, dict]] = {
    MOOD: ("fear & greed", {"fear_greed": None}),
    SHARE: ("dominance", {"btc_dominance": None}),
    FUNDING: ("funding", {"funding_rate": None, "funding_pairs": 0}),
}


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("point", PARTS)
def test_a_fault_that_lasts_costs_its_own_part_alone(bench, point, fault) -> None:
    name, lost = PARTS[point]
    bench.faults.begin(point, fault)
    reading, plug = bench.asked()
    assert reading == attrs.evolve(WHOLE, **lost)
    assert list(plug.failures) == [name]
    assert "\n" not in plug.failures[name]


@pytest.mark.parametrize("fault", LASTING)
def test_when_everything_fails_one_error_names_all(bench, fault) -> None:
    for point in PARTS:
        bench.faults.begin(point, fault)
    failure, _ = bench.asked()
    assert type(failure) is Retryable
    assert all(f"{name}: " in str(failure) for name, _ in PARTS.values())


@pytest.mark.parametrize("fault", ["503", "html", "429"])
@pytest.mark.parametrize("point", PARTS)
def test_what_passes_is_asked_again_once(bench, point, fault) -> None:
    bench.faults.next(point, fault)
    assert bench.asked()[0] == WHOLE
    assert len(bench.faults.asked) == 8 + 1


@pytest.mark.parametrize("point", PARTS)
def test_numbers_may_be_texts_and_texts_numbers(bench, point) -> None:
    bench.faults.begin(point, "other-types")
    assert bench.asked()[0] == WHOLE


@pytest.mark.parametrize("point", PARTS)
def test_a_service_that_does_not_answer_holds_nobody_up(bench, point) -> None:
    bench.faults.begin(point, "slow")
    patience = Patience(attempts=1, read_s=0.1)
    assert bench.asked(patience=patience)[0] == attrs.evolve(WHOLE, **PARTS[point][1])


def test_one_symbol_that_fails_leaves_the_mean_of_the_others(bench) -> None:
    bench.data.rates["BTCUSDT"] = "0.00120000"
    bench.faults.begin("funding BTCUSDT", "truncated")
    assert bench.asked()[0] == attrs.evolve(WHOLE, funding_pairs=5)
    del bench.data.rates["ETHUSDT"]
    assert bench.asked()[0] == attrs.evolve(WHOLE, funding_pairs=4)


@pytest.mark.parametrize("fault", [None, "503"])
def test_alternative_me_is_asked_every_30_minutes_at_most(bench, fault) -> None:
    if fault:
        bench.faults.begin(MOOD, fault)
    moments = [NOW, NOW + MINUTE, NOW + 30 * MINUTE - 1, NOW + 30 * MINUTE]
    *readings, _ = bench.asked(*moments)
    assert {one.fear_greed for one in readings} == {None if fault else 47}
    asked = [one for one in bench.faults.asked if one.url.path == "/fng/"]
    assert len(asked) == (4 if fault else 2)
    assert "date_format" not in asked[0].query_params


def test_a_value_that_grows_old_between_two_askings_stops_counting(bench) -> None:
    bench.data.fear_greed = [(14, (NOW - 48 * HOUR) // 1000)]
    now, later, _ = bench.asked(NOW, NOW + 1)
    assert (now.fear_greed, later.fear_greed) == (14, None)


def test_a_value_of_tomorrow_is_not_believed(bench) -> None:
    bench.data.fear_greed = [(14, (NOW + 12 * HOUR) // 1000)]
    reading, plug = bench.asked()
    assert (reading.fear_greed, "to come" in plug.failures["fear & greed"]) == (None, True)


def test_coingecko_gets_its_key_in_a_header_and_nobody_else_does(bench) -> None:
    assert bench.asked(key=KEY)[0] == WHOLE
    sent = {one.url.path: one.headers.get("x-cg-demo-api-key") for one in bench.faults.asked}
    assert sent["/api/v3/global"] == KEY
    assert set(sent.values()) == {KEY, None}
    assert all(KEY not in str(one.url) for one in bench.faults.asked)


@pytest.mark.parametrize("given", [{"key": "CG-wrong"}, {"key": KEY, "header": PRO_HEADER}])
def test_a_wrong_key_is_a_refusal_that_says_what_to_do_and_not_the_key(bench, given) -> None:
    reading, plug = bench.asked(**given)
    assert reading == attrs.evolve(WHOLE, btc_dominance=None)
    said = plug.failures["dominance"]
    assert "key" in said
    assert given["key"] not in said
    assert sum(one.url.path == "/api/v3/global" for one in bench.faults.asked) == 1


@pytest.mark.parametrize("key", ["with space", "ключ", "new\nline"])
def test_a_key_that_no_header_can_carry_is_said_at_the_start(key) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Dominance(client=reads_client(), clock=SimulatedClock(NOW), key=key)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"status": {"error_code": 429, "error_message": f"slow down {KEY}"}}),
        (401, {"error": {"status": {"error_code": 10010, "error_message": KEY}}}),
        (403, {"error": f"blocked {KEY}"}),
        (200, {"error": f"blocked {KEY}"}),
        (200, {"status": {"error_code": 429, "error_message": KEY}}),
    ],
)
def test_each_shape_of_coingeckos_errors(status, body) -> None:
    failure = answered(status, json.dumps(body).encode())["dominance"]
    assert failure.startswith("CoinGecko: ")
    assert KEY not in failure


def answered(status: int, content: bytes) -> dict[str, str]:
    """What each part says when all services answer so."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=content))

    async def ask() -> dict[str, str]:
        async with reads_client(transport) as client:
            plug = live(client, SimulatedClock(NOW), "http://127.0.0.1:9", key=KEY)
            await had(plug, NOW)
            return dict(plug.failures)

    return asyncio.run(ask())


def fuzzed(make: Callable[[], dict]) -> st.SearchStrategy[dict]:
    """A good body of which any one leaf or branch has become anything."""
    anything = st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**25), 10**25)
        | st.floats()
        | st.sampled_from(
            ["", "nan", "-1", "1e999", "101", "0.2", "1_0", KEY, "\ud800", "x" * 300]
        ),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=4,
    )
    return st.builds(_replaced, st.builds(make), st.integers(0, 40), anything)


def _replaced(body: dict, place: int, value: object) -> dict:
    places: list[tuple] = []

    def walk(one) -> None:
        for key in one if isinstance(one, dict) else range(len(one)):
            places.append((one, key))
            if isinstance(one[key], dict | list):
                walk(one[key])

    walk(body)
    holder, key = places[place % len(places)]
    holder[key] = value
    return body


def good() -> dict:
    """One body that serves all three."""
    return {
        "symbol": "BTCUSDT",
        "lastFundingRate": "0.0001",
        "time": NOW,
        "metadata": {"error": None},
        "data": [{"value": "47", "timestamp": str(NOW // 1000)}],
    }


def good_share() -> dict:
    return {"data": {"market_cap_percentage": {"btc": 50.1}, "updated_at": NOW // 1000}}


bodies = (
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.sampled_from([b"1e99999999999999999999", b'{"data":1e999}', b"9" * 5000, b"[" * 9999])
    | (fuzzed(good) | fuzzed(good_share)).map(lambda one: json.dumps(one).encode())
)


@settings(max_examples=300, deadline=None)
@given(status=st.sampled_from([200, 200, 200, 204, 302, 400, 403, 404, 429, 500]), body=bodies)
def test_any_body_is_a_number_in_its_range_or_one_of_the_errors(status, body) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))

    async def ask() -> None:
        async with reads_client(transport) as client:
            plug = live(client, SimulatedClock(NOW), "http://127.0.0.1:9", key=KEY)
            found = await had(plug, NOW)
            assert KEY not in f"{plug.failures.get('dominance')}{plug!r}"  # only it knows the key
            for one in plug.failures.values():
                assert len(one) < 2_000
                assert "\n" not in one
            if isinstance(found, OutsideError):
                assert type(found) is Retryable
                return
            assert found.fear_greed is None or 0 <= found.fear_greed <= 100
            assert found.btc_dominance is None or 0 < found.btc_dominance <= 100
            assert found.funding_rate is None or abs(found.funding_rate) <= 0.1

    asyncio.run(ask())


SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "context" / "fear_greed_api_sample.json"


@pytest.mark.skipif(not SAMPLE.is_file(), reason=f"needs the recording {SAMPLE}")
def test_a_real_answer_of_alternative_me() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=SAMPLE.read_bytes()))

    async def ask() -> int:
        async with reads_client(transport) as client:
            plug = FearGreed(client=client, clock=SimulatedClock(NOW))
            return await plug.value(parse("2022-01-28T12:00:00"))

    assert asyncio.run(ask()) == 25
