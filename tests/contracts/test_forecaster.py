"""What every forecaster promises: told, from a file, from an endpoint, and Chronos-2 itself."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf, nan
from pathlib import Path

import attrs
import numpy as np
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.forecaster.forecast_file import (
    ForecastRows,
    read_forecasts,
    window_digest,
    write_rows,
)
from adapters.forecaster.recorded import RecordedForecaster
from adapters.forecaster.sagemaker import Deadline, SageMakerForecaster, runtime_client
from adapters.forecaster.sagemaker_fake import INVOKE, make_app
from adapters.forecaster.scripted import ScriptedForecaster
from adapters.loopback.server import serving
from application.errors import Broken
from application.ports.forecaster import Forecast, Forecaster, what_is_wrong
from tests.given.aws_address import aws_at
from tests.given.tiny_chronos import tiny_chronos

AT = 1_735_700_400_000
STEPS = 12
Series = Mapping[str, Sequence[float]]


def walk(seed: int, count: int, level: float) -> list[float]:
    moves = np.random.default_rng(seed).normal(0.0, 0.001, count)
    return (level * np.cumprod(1.0 + moves)).tolist()


SERIES: Series = {
    "eth_usdt": walk(1, 336, 3_350.0),
    "btc_usdt": walk(2, 336, 94_000.0),
    "doge_usdt": walk(3, 30, 0.32),
    "sol_usdt": walk(4, 111, 190.0),
}


def plain(series: Series) -> dict[str, Forecast]:
    return {
        pair: Forecast(
            "plain",
            *((one[-1] * share,) * STEPS for share in (0.99, 1.0, 1.01)),
            version="1",
        )
        for pair, one in series.items()
    }


@attrs.frozen
class Kit:
    """A plug, and how its source comes to say something wrong of the first pair asked for."""

    forecaster: Forecaster
    spoil: Callable[[], None] = lambda: None


@contextmanager
def scripted(folder: Path) -> Iterator[Kit]:
    told = plain(SERIES)

    def spoil() -> None:
        good = told["eth_usdt"]
        told["eth_usdt"] = attrs.evolve(good, q50=(*good.q50[:-1], nan))

    yield Kit(ScriptedForecaster(otherwise=told), spoil)


@contextmanager
def recorded(folder: Path) -> Iterator[Kit]:
    path = folder / "forecasts.parquet"

    def write(first: float) -> RecordedForecaster:
        paths = np.array(
            [[[p[-1] * s for s in (0.99, 1.0, 1.01)]] * STEPS for p in SERIES.values()],
            dtype=np.float32,
        )
        paths[0, 3, 1] *= first
        rows = ForecastRows(
            model="plain",
            version="1",
            pair=list(SERIES),
            at=np.full(len(SERIES), AT),
            candles=np.array([len(one) for one in SERIES.values()], dtype=np.int32),
            window=[window_digest(one) for one in SERIES.values()],
            paths=paths,
        )
        write_rows(path, rows, "plan")
        return RecordedForecaster(read_forecasts(path))

    plug = Swapped(write(1.0))

    def spoil() -> None:
        plug.inside = write(0.5)

    yield Kit(plug, spoil)


class Swapped:
    """A forecaster that can be exchanged for another while it is used."""

    def __init__(self, inside: Forecaster) -> None:
        self.inside = inside

    async def forecast(self, series, steps, at):
        return await self.inside.forecast(series, steps, at)


@contextmanager
def endpoint(folder: Path) -> Iterator[Kit]:
    app = make_app("forecasts")
    deadline = Deadline(call_s=20, try_s=10)
    with serving(app) as url:
        with aws_at(url):
            client = runtime_client(deadline)
        plug = SageMakerForecaster(
            "forecasts",
            client=client,
            clock=SimulatedClock(AT),
            chance=lambda: 0.5,
            deadline=deadline,
        )
        yield Kit(plug, lambda: app.state.faults.next(INVOKE, "crossing"))


@contextmanager
def chronos(folder: Path) -> Iterator[Kit]:
    tiny_chronos(folder)
    from adapters.forecaster.chronos_local import ChronosForecaster, load_chronos

    model = load_chronos(folder, threads=1)
    plug = Swapped(ChronosForecaster(model))

    def spoil() -> None:
        wrong = attrs.evolve(model, pipeline=FirstWithoutNumber(model.pipeline))
        plug.inside = ChronosForecaster(wrong)

    yield Kit(plug, spoil)


class FirstWithoutNumber:
    """A pipeline that finds no number for the first series."""

    def __init__(self, pipeline) -> None:
        self.pipeline = pipeline

    def predict_quantiles(self, series, **asked):
        paths, mean = self.pipeline.predict_quantiles(series, **asked)
        paths[0][0, 5, 0] = nan
        return paths, mean


PLUGS = {"scripted": scripted, "recorded": recorded, "endpoint": endpoint, "chronos": chronos}


@pytest.fixture(params=PLUGS)
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    with PLUGS[request.param](tmp_path) as made:
        yield made


def ask(kit: Kit, series: Series = SERIES) -> Mapping[str, Forecast | Broken]:
    return asyncio.run(kit.forecaster.forecast(series, STEPS, AT))


def test_every_pair_has_a_forecast_that_can_be_believed(kit: Kit) -> None:
    found = ask(kit)
    assert list(found) == list(SERIES)
    for one in found.values():
        assert isinstance(one, Forecast), one
        assert what_is_wrong(one, STEPS) is None


def test_a_forecast_is_near_its_own_coin(kit: Kit) -> None:
    for pair, one in ask(kit).items():
        assert one.q50[0] == pytest.approx(SERIES[pair][-1], rel=0.05)


def test_model_and_version_are_named(kit: Kit) -> None:
    named = {(one.model, one.version) for one in ask(kit).values()}
    assert len(named) == 1
    assert all(named.pop())


def test_neither_order_nor_company_changes_a_forecast(kit: Kit) -> None:
    together = ask(kit)
    for pair in reversed(SERIES):
        alone = ask(kit, {pair: SERIES[pair]})
        assert list(alone) == [pair]
        for name in ("q10", "q50", "q90"):
            expected = getattr(together[pair], name)
            assert getattr(alone[pair], name) == pytest.approx(expected, rel=1e-5)


def test_the_same_question_has_the_same_answer(kit: Kit) -> None:
    assert ask(kit) == ask(kit)


def test_no_series_is_no_forecast(kit: Kit) -> None:
    assert ask(kit, {}) == {}


def test_what_is_wrong_with_one_pair_is_said_there_and_leaves_the_others(kit: Kit) -> None:
    kit.spoil()
    found = ask(kit)
    first, *others = found.values()
    assert isinstance(first, Broken)
    assert "eth_usdt" in str(first)
    assert all(isinstance(one, Forecast) for one in others)


def test_a_random_model_crosses_its_quantiles_and_is_not_believed(tmp_path: Path) -> None:
    tiny_chronos(tmp_path, ordered=False)
    from adapters.forecaster.chronos_local import ChronosForecaster, load_chronos

    found = ask(Kit(ChronosForecaster(load_chronos(tmp_path, threads=1))))
    assert list(found) == list(SERIES)
    for pair, one in found.items():
        assert isinstance(one, Broken)
        assert str(one).startswith(f"{pair}: chronos-2@")
        assert "cross" in str(one)


GOOD = Forecast("m", (1.0, 1.0), (1.0, 2.0), (3.0, 3.0))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"q50": (1.0, nan)}, "q50 of step 2 is nan"),
        ({"q90": (inf, 3.0)}, "q90 of step 1 is inf"),
        ({"q10": (-inf, 1.0)}, "q10 of step 1 is -inf"),
        ({"q10": (1.0,)}, "q10 has 1 steps, 2 were asked for"),
        ({"q90": (3.0, 3.0, 3.0)}, "q90 has 3 steps"),
        ({"q10": (0.0, 1.0)}, "q10 of step 1 is 0"),
        ({"q10": (1.0, -2.0)}, "q10 of step 2 is -2"),
        ({"q10": (1.0, 2.5)}, "step 2 cross"),
        ({"q90": (0.5, 3.0)}, "step 1 cross"),
    ],
)
def test_what_cannot_be_believed_is_named(change: dict, said: str) -> None:
    assert what_is_wrong(GOOD, 2) is None
    assert said in what_is_wrong(attrs.evolve(GOOD, **change), 2)


def test_this_process_was_not_left_at_the_loopback() -> None:
    assert "AWS_ENDPOINT_URL" not in os.environ
