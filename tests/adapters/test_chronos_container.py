"""The container's code through the container's contract, with the library's own tiny model."""

import ast
import asyncio
import json
from math import nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.forecaster.endpoint_wire import request_body
from adapters.forecaster.sagemaker import Deadline, SageMakerForecaster
from adapters.forecaster.weights import weights_in
from application.errors import Broken
from application.ports.forecaster import Forecast
from entrypoints.forecast_endpoint.archive import build_archive
from tests.given.container import Container, PredictionError
from tests.given.tiny_chronos import tiny_chronos

CODE = Path(__file__).parents[2] / "infra" / "chronos"
SERIES = {
    "eth_usdt": [3_300.0 + n % 7 for n in range(336)],
    "btc_usdt": [94_000.0 - n for n in range(336)],
    "doge_usdt": [0.3 + n / 1000 for n in range(30)],
}
GOOD = request_body(list(SERIES.values()), 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_chronos(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def container(folder, tmp_path_factory) -> Container:
    work = tmp_path_factory.mktemp("container")
    archive = build_archive(weights_in(folder), CODE, work / "model.tar.gz")
    return Container(archive.path, work / "model")


def test_every_series_of_a_request_is_answered_in_one_call(container, folder) -> None:
    answer = json.loads(container.handle(GOOD))
    assert answer["model"] == "chronos-2"
    assert answer["version"] == weights_in(folder).version
    assert answer["quantile_levels"] == [0.1, 0.5, 0.9]
    assert [len(one) for one in answer["predictions"]] == [3, 3, 3]
    assert {len(path) for one in answer["predictions"] for path in one} == {12}


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json"])
def test_the_answer_is_a_plain_string(container, accept) -> None:
    assert isinstance(json.loads(container.handle(GOOD, accept=accept)), dict)


def test_the_plug_reads_what_the_container_says(container, folder) -> None:
    from adapters.forecaster.chronos_local import ChronosForecaster, load_chronos

    plug = SageMakerForecaster(
        "forecasts",
        client=container,
        clock=SimulatedClock(),
        chance=lambda: 0.0,
        deadline=Deadline(call_s=60),
    )
    far = asyncio.run(plug.forecast(SERIES, 12, 0))
    here = ChronosForecaster(load_chronos(folder, threads=1))
    assert far == asyncio.run(here.forecast(SERIES, 12, 0))
    assert all(isinstance(one, Forecast) for one in far.values())


def test_a_failure_reaches_the_caller_with_its_kind(container) -> None:
    plug = SageMakerForecaster(
        "forecasts",
        client=container,
        clock=SimulatedClock(),
        chance=lambda: 0.0,
        deadline=Deadline(call_s=60),
    )
    with pytest.raises(Broken, match=r"ModelError, its status 400.*InvalidInput: series 0 is a"):
        asyncio.run(plug.forecast({"eth_usdt": []}, 12, 0))


def with_parameters(**given) -> dict:
    return {"inputs": [[1.0, 2.0]], "parameters": given}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "the body is not JSON"),
        ("[1]", 'no "inputs"'),
        ({"inputs": []}, "1 to 1024 series"),
        ({"inputs": [[]]}, "series 0 is a list"),
        ({"inputs": [[1.0], ["2"]]}, "series 1 holds '2'"),
        ({"inputs": [[1.0, True]]}, "series 0 holds True"),
        ({"inputs": [[1.0, None]]}, "series 0 holds None"),
        ({"inputs": [[1.0, nan]]}, "series 0 holds nan"),
        ({"inputs": [[1.0] * 8193]}, "1 to 8192 numbers"),
        ({"inputs": [[1.0]], "parameters": []}, '"parameters" is no object'),
        (with_parameters(prediction_length=0), "prediction_length 0"),
        (with_parameters(prediction_length=2.5), "prediction_length 2.5"),
        (with_parameters(prediction_length=True), "prediction_length True"),
        (with_parameters(quantile_levels=[]), "quantile_levels []"),
        (with_parameters(quantile_levels=[0.5, 1.5]), "quantile_levels [0.5, 1.5]"),
    ],
)
def test_a_wrong_request_is_named(container, body, said) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(PredictionError) as caught:
        container.handle(text.encode())
    assert caught.value.message.startswith("InvalidInput: ")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("given", "said"),
    [({"content_type": "text/csv"}, "text/csv"), ({"accept": "text/csv"}, "text/csv")],
)
def test_only_json_is_spoken(container, given, said) -> None:
    with pytest.raises(PredictionError) as caught:
        container.handle(GOOD, **given)
    assert said in caught.value.message


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=60).map(lambda one: one.decode("latin-1").encode()))
def test_no_body_does_worse_than_an_invalid_input(container, body) -> None:
    with pytest.raises(PredictionError) as caught:
        container.handle(body)
    assert caught.value.message.startswith("InvalidInput: ")


def test_numbers_that_are_none_are_null_and_the_json_stays_strict(container) -> None:
    class Pipeline:
        def predict_quantiles(self, series, **asked):
            import torch

            return [torch.tensor([[[1.0, nan, 3.0]]])], None

    container.module.json.loads(container.handle(GOOD))
    model = container.module.Loaded(Pipeline(), "")
    text = container.module.transform_fn(
        model, '{"inputs": [[1.0]], "parameters": {"prediction_length": 1}}', "", ""
    )
    assert json.loads(text, parse_constant=pytest.fail)["predictions"] == [[[1.0], [None], [3.0]]]


def test_a_model_that_fails_says_so(container) -> None:
    class Pipeline:
        def predict_quantiles(self, series, **asked):
            raise RuntimeError("shapes do not match")

    with pytest.raises(container.module.ModelFailure, match="ModelFailure: RuntimeError: shapes"):
        container.module.transform_fn(
            container.module.Loaded(Pipeline(), ""), '{"inputs": [[1.0]]}', "", ""
        )


def test_transform_fn_stands_alone() -> None:
    names = {
        node.name
        for node in ast.parse((CODE / "inference.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert {"model_fn", "transform_fn"} <= names
    assert not names & {"input_fn", "predict_fn", "output_fn"}


def test_every_requirement_is_pinned() -> None:
    lines = (CODE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [one for one in lines if one and not one.startswith("#")]
    assert wanted
    assert all("==" in one for one in wanted)
