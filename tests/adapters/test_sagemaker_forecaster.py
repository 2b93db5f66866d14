"""The plug of SageMaker over a real socket, against moto, and with replies of any kind."""

import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import attrs
import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sagemakerruntime.models import sagemakerruntime_backends

from adapters.clock.simulated import SimulatedClock
from adapters.forecaster.endpoint_wire import MOST_BYTES, read_answer, request_body
from adapters.forecaster.sagemaker import Deadline, SageMakerForecaster, runtime_client
from adapters.forecaster.sagemaker_fake import INVOKE, MODEL, VERSION, make_app
from adapters.loopback.server import serving
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.forecaster import Forecast
from tests.given.aws_address import aws_at

START = 1_735_700_400_000
STEPS = 12
SERIES = {
    "eth_usdt": [3_300.0 + n for n in range(40)],
    "xrp_usdt": [2.0 + n / 50 for n in range(30)],
}
NAME = "forecasts"


class Bench:
    """The plug, the fake it talks to and the clock that its pauses move on."""

    def __init__(self, app, client, **given) -> None:
        self.faults = app.state.faults
        self.clock = SimulatedClock(START)
        self.deadline = Deadline(**{"call_s": 300, "try_s": 20, **given})
        self.chances = [0.5]
        self.plug = SageMakerForecaster(
            NAME,
            client=client,
            clock=self.clock,
            chance=lambda: self.chances[0] if len(self.chances) == 1 else self.chances.pop(0),
            deadline=self.deadline,
        )

    def ask(self, series=SERIES):
        return asyncio.run(self.plug.forecast(series, STEPS, START))

    def fails(self, kind: type[OutsideError]) -> str:
        with pytest.raises(OutsideError) as caught:
            self.ask()
        assert type(caught.value) is kind, caught.value
        return str(caught.value)

    @property
    def asked(self) -> int:
        return len(self.faults.asked)

    @property
    def waited(self) -> float:
        return (self.clock.now() - START) / 1000


@pytest.fixture(scope="module")
def line() -> Iterator[Any]:
    app = make_app(NAME)
    with serving(app) as url:
        app.state.url = url
        yield app, client_of(app, 20)


def client_of(app, try_s: float) -> Any:
    with aws_at(app.state.url):
        return runtime_client(Deadline(call_s=30, try_s=try_s))


@pytest.fixture
def bench(line) -> Bench:
    app, client = line
    app.state.faults.end(INVOKE)
    app.state.faults._script.clear()
    app.state.faults.asked.clear()
    return Bench(app, client)


def test_all_series_go_in_one_call_and_come_back_by_pair(bench) -> None:
    found = bench.ask()
    assert bench.asked == 1
    assert list(found) == list(SERIES)
    for pair, one in found.items():
        assert (one.model, one.version, len(one.q50)) == (MODEL, VERSION, STEPS)
        assert one.q50[0] == pytest.approx(SERIES[pair][-1])
        assert one.q10[5] < one.q50[5] < one.q90[5]


@pytest.mark.parametrize("fault", ["throttle", "not ready", "unavailable", "internal", "drop"])
def test_what_passes_is_waited_for(bench, fault) -> None:
    bench.faults.next(INVOKE, fault, fault)
    assert len(bench.ask()) == 2
    assert bench.asked == 3
    assert bench.waited == pytest.approx((3 + 6) * 1.3)


def test_tries_end_and_botocore_adds_none_of_its_own(bench) -> None:
    bench.faults.begin(INVOKE, "throttle")
    assert "given up after 5 tries" in bench.fails(Retryable)
    assert bench.asked == 5
    assert bench.waited == pytest.approx((3 + 6 + 12 + 24) * 1.3)


def test_no_pause_is_longer_than_45_seconds_and_its_jitter(line, bench) -> None:
    patient = Bench(*line, call_s=3_000, attempts=8)
    patient.chances = [1.0]
    patient.faults.begin(INVOKE, "unavailable")
    patient.fails(Retryable)
    assert patient.waited == pytest.approx((3 + 6 + 12 + 24 + 45 * 3) * 1.5)


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 1.1), (1.0, 1.5)])
def test_jitter_is_10_to_50_percent(bench, chance, factor) -> None:
    bench.chances = [chance]
    bench.faults.next(INVOKE, "throttle")
    bench.ask()
    assert bench.waited == pytest.approx(3 * factor)


@settings(max_examples=40, deadline=None)
@given(
    call_s=st.floats(20, 200),
    try_s=st.floats(0.5, 20),
    chances=st.lists(st.floats(0, 1), min_size=6, max_size=6),
)
def test_the_deadline_is_never_passed(call_s: float, try_s: float, chances: list[float]) -> None:
    clock = SimulatedClock(START)

    class Busy:
        """Every try lasts as long as one may."""

        def invoke_endpoint(self, **_: Any) -> Any:
            clock.move_to(clock.now() + round(try_s * 1000))
            raise _client_error("ThrottlingException", 400)

    plug = SageMakerForecaster(
        NAME,
        client=Busy(),
        clock=clock,
        chance=chances.pop,
        deadline=Deadline(call_s=call_s, try_s=try_s),
    )
    with pytest.raises(Retryable):
        asyncio.run(plug.forecast(SERIES, STEPS, START))
    assert clock.now() <= START + call_s * 1000 + 1


def _client_error(code: str, status: int) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError(
        {
            "Error": {"Code": code, "Message": "busy"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "InvokeEndpoint",
    )


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("model error", Broken, "its status 400): ModelFailure: the quantiles of series 0"),
        ("validation", Broken, "1 validation error"),
        ("not json", Broken, "unreadable answer"),
        ("html", Broken, "<html>"),
        ("one too few", Broken, "1 predictions for 2 series"),
        ("other levels", Broken, "quantile_levels are [0.05, 0.5, 0.95]"),
    ],
)
def test_what_will_not_pass_is_raised_at_once(bench, fault, kind, said) -> None:
    bench.faults.begin(INVOKE, fault)
    told = bench.fails(kind)
    assert said in told
    assert NAME in told
    assert (bench.asked, bench.waited) == (1, 0)


def test_an_endpoint_that_is_not_there_is_a_clear_no(line, bench) -> None:
    bench.plug._endpoint = "another"
    assert "deploy it or leave it out" in bench.fails(Refused)
    assert (bench.asked, bench.waited) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("nan", "q50 of step 4 is nan"),
        ("null", "q50 of step 4 is nan"),
        ("negative", "q10 of step 1 is -1"),
        ("crossing", "cross"),
        ("wrong length", "q90 has 11 steps"),
    ],
)
def test_one_series_gone_wrong_leaves_the_others(bench, fault, said) -> None:
    bench.faults.next(INVOKE, fault)
    found = bench.ask()
    assert isinstance(found["eth_usdt"], Broken)
    assert str(found["eth_usdt"]).startswith("eth_usdt: ")
    assert said in str(found["eth_usdt"])
    assert isinstance(found["xrp_usdt"], Forecast)


def test_the_form_of_a_tuple_is_unwrapped(bench) -> None:
    plain = bench.ask()
    bench.faults.next(INVOKE, "tuple")
    assert bench.ask() == plain


def test_a_request_that_is_too_large_is_not_sent(bench) -> None:
    many = {f"c{n}_usdt": [1.0 / 3.0] * 8192 for n in range(40)}
    with pytest.raises(Refused, match="4,194,304"):
        bench.ask(many)
    assert bench.asked == 0


def test_an_endpoint_that_does_not_answer_in_time_is_waited_for_once_more(line) -> None:
    app, _ = line
    slow = Bench(app, client_of(app, 0.5), try_s=0.5)
    app.state.faults.asked.clear()
    app.state.faults.next(INVOKE, "slow")
    assert len(slow.ask()) == 2
    assert slow.asked == 2


def test_the_request_is_what_the_container_reads() -> None:
    said = json.loads(request_body([[1.0, 2.5], [3.0]], 12))
    assert said == {
        "inputs": [[1.0, 2.5], [3.0]],
        "parameters": {"prediction_length": 12, "quantile_levels": [0.1, 0.5, 0.9]},
    }


@pytest.mark.parametrize("given", [{"call_s": 10}, {"call_s": 0}, {"call_s": 90, "attempts": 0}])
def test_a_deadline_without_room_is_refused(given) -> None:
    with pytest.raises(ConfigurationError):
        Deadline(**given)


ANSWER = {
    "model": "m",
    "version": "v",
    "quantile_levels": [0.1, 0.5, 0.9],
    "predictions": [[[1, 2], [2, 3], [3, 4]]],
}


@pytest.mark.parametrize(
    "change",
    [
        {"model": ""},
        {"model": None},
        {"predictions": None},
        {"predictions": [[[1, 2], [2, 3]]]},
        {"predictions": [[["1", 2], [2, 3], [3, 4]]]},
        {"predictions": {"0.1": []}},
        {"quantile_levels": []},
        {"version": 7},
    ],
)
def test_an_answer_of_another_shape_is_broken(change) -> None:
    assert read_answer(json.dumps(ANSWER).encode(), ["a"])["a"].q90 == (3.0, 4.0)
    with pytest.raises(Broken):
        read_answer(json.dumps({**ANSWER, **change}).encode(), ["a"])


@settings(max_examples=200, deadline=None)
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=50).map(json.dumps).map(str.encode),
    st.recursive(st.none() | st.floats() | st.text(max_size=5),
        lambda s: st.lists(s, max_size=3) | st.dictionaries(st.sampled_from(list(ANSWER)), s),
        max_leaves=10).map(json.dumps).map(str.encode)))  # fmt: skip
def test_no_answer_does_worse_than_broken(body: bytes) -> None:
    with pytest.raises(Broken):
        read_answer(body, ["a", "b"])


def test_an_answer_beyond_4_mb_is_broken() -> None:
    with pytest.raises(Broken, match="bytes"):
        read_answer(b" " * (MOST_BYTES + 1), ["a"])


def test_a_body_that_breaks_off_is_retryable() -> None:
    from botocore.exceptions import ReadTimeoutError

    class Torn(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise ReadTimeoutError(endpoint_url="https://endpoint")

    @attrs.frozen
    class Client:
        def invoke_endpoint(self, **_: Any) -> Any:
            return {"Body": Torn()}

    plug = SageMakerForecaster(
        NAME,
        client=Client(),
        clock=SimulatedClock(START),
        chance=lambda: 0.0,
        deadline=Deadline(call_s=60, attempts=1),
    )
    with pytest.raises(Retryable):
        asyncio.run(plug.forecast(SERIES, STEPS, START))


def test_motos_canned_result_is_read() -> None:
    paths = [[[1.0] * STEPS, [2.0] * STEPS, [3.0] * STEPS]] * 2
    with mock_aws(), aws_at():
        backend = sagemakerruntime_backends[DEFAULT_ACCOUNT_ID]["ap-northeast-1"]
        text = json.dumps([json.dumps({**ANSWER, "predictions": paths}), "application/json"])
        backend.results_queue.append((text, "application/json", "all", ""))
        plug = SageMakerForecaster(
            NAME,
            client=boto3.client("sagemaker-runtime"),
            clock=SimulatedClock(START),
            chance=lambda: 0.0,
            deadline=Deadline(call_s=60),
        )
        found = asyncio.run(plug.forecast(SERIES, STEPS, START))
        assert found["xrp_usdt"] == Forecast("m", *((p,) * STEPS for p in (1.0, 2.0, 3.0)), "v")
        with pytest.raises(Broken):  # moto's answer when none is canned: `body`
            asyncio.run(plug.forecast({"eth_usdt": [1.0]}, STEPS, START))
