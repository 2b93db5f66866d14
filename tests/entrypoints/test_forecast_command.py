"""Forecasts computed beforehand: exactly those a backtest asks for, resumed, and never mixed up."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import attrs
import click
import numpy as np
import pytest
from click.testing import CliRunner

from adapters.forecaster.forecast_file import read_forecasts
from adapters.market_data.synthetic import synthetic_market
from application.errors import ConfigurationError, InputError, Refused
from domain.instant import CANDLE, HOUR
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.parameters import STANDARD
from entrypoints.backtest.run import period, run_backtest
from entrypoints.cli.backtest import _settings as settings_of
from entrypoints.cli.backtest import command as backtest
from entrypoints.cli.forecast import command as forecast
from entrypoints.forecasts.compute import compute_forecasts
from entrypoints.forecasts.windows import times, windows
from tests.given.steady_model import SteadyModel, write_candles
from tests.given.tiny_chronos import tiny_chronos

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "klines_5m"
COINS = DEFAULT.only(["ETH", "XRP"])
DAYS = 2.5


def with_gaps(one: CandleSeries, seed: int) -> CandleSeries:
    """A tenth of the candles missing, and a hole of two hours."""
    keep = np.random.default_rng(seed).random(len(one)) > 0.1
    keep[400:424] = False
    keep[[0, -1]] = True
    return CandleSeries(one.pair, *(c[keep] for c in attrs.astuple(one, recurse=False)[1:]))


MARKET = synthetic_market(5, DAYS, COINS)
GAPPY = {pair: with_gaps(one, n) for n, (pair, one) in enumerate(MARKET.items())}
SETTINGS = ("volatility_threshold_pct=0.8",)
"""So that it is not analysed at nearly every tick."""


class Desk:
    """Candles in a folder and forecasts of them."""

    def __init__(self, folder: Path, market=MARKET, start: int | None = None) -> None:
        self.folder, self.market, self.start = folder, market, start
        self.candles = write_candles(folder / "candles", market, COINS)
        self.out = folder / "f.parquet"
        self.parameters = STANDARD.with_settings(SETTINGS)
        self.first, self.last = period(market, start)
        self.every = "analysis"
        self.told: list[tuple[int, int]] = []

    @property
    def wanted(self):
        moments = times(self.every, self.market, self.first, self.last, self.parameters)
        return windows(self.market, moments, self.first, self.parameters)

    def compute(self, model=None, **given):
        return compute_forecasts(
            self.market,
            self.wanted,
            **{
                "model": model or SteadyModel(),
                "steps": 12,
                "out": self.out,
                "batch": None,
                "told": lambda *seen: self.told.append(seen),
                **given,
            },
        )

    def options(self, **given):
        options = {one.name: one.default for one in backtest.params if not _is_unset(one)}
        return {name: options.get(name) for name in [p.name for p in backtest.params]} | {
            "candles": (self.candles,),
            "usdjpy": "150",
            "settings": SETTINGS,
            "start": self.start,
            "forecasts": self.out,
            **given,
        }

    def trade(self, **given):
        """The notes of a backtest and the sources of its forecasts."""
        seen = {}

        def finish(run):
            seen["notes"] = run.notes
            seen["analyses"] = run.analyses

        run_backtest(settings_of(self.options(**given)), finish)
        return seen


def _is_unset(option: click.Parameter) -> bool:
    return option.default is None or type(option.default).__name__ == "Sentinel"


def counts(notes) -> str:
    (note,) = [one for one in notes if one.startswith("forecasts of")]
    return note


@pytest.mark.parametrize("market", [MARKET, GAPPY], ids=["as made", "with gaps"])
@pytest.mark.parametrize("later", [0, 500], ids=["whole", "from later on"])
def test_exactly_what_a_backtest_asks_for_is_computed(tmp_path, market, later) -> None:
    start = None if not later else int(MARKET["eth_usdt"].open_time[0]) + later * CANDLE
    desk = Desk(tmp_path, market, start)
    done = desk.compute()
    rows = f"{done.windows:,}"
    assert done.computed == done.windows > 50
    ran = desk.trade()
    assert counts(ran["notes"]) == f"forecasts of steady@1: {rows} of {rows} asked for"
    assert ran["analyses"] < (desk.last - desk.first) // CANDLE


def test_a_forecast_changes_what_is_decided(tmp_path) -> None:
    desk = Desk(tmp_path)
    desk.compute()

    def scores(forecasts):
        said = []
        run_backtest(
            settings_of(desk.options(forecasts=forecasts)), lambda run: said.append(run.digest)
        )
        return said

    assert scores(desk.out) != scores(None)
    assert scores(desk.out) == scores(desk.out)


def test_every_tick_and_every_hour(tmp_path) -> None:
    desk = Desk(tmp_path)
    desk.every = "tick"
    ticks = desk.wanted
    assert {one.at for one in ticks} == set(range(desk.first + 29 * CANDLE, desk.last + 1, CANDLE))
    assert [(one.at, one.pair) for one in ticks[:3]] == [
        (ticks[0].at, "eth_usdt"),
        (ticks[0].at, "xrp_usdt"),
        (ticks[0].at + CANDLE, "eth_usdt"),
    ]
    assert max(one.end - one.first for one in ticks) == 336
    desk.every = "hour"
    assert {one.at % HOUR for one in desk.wanted} == {0}
    desk.compute()
    note = counts(desk.trade()["notes"])
    assert "are not in f.parquet and 0 cannot be believed: momentum stood in" in note


def test_other_candles_are_refused(tmp_path) -> None:
    desk = Desk(tmp_path)
    desk.compute()
    changed = dict(MARKET)
    eth = changed["eth_usdt"]
    high = eth.high.copy()
    high[200] *= 1.0001
    changed["eth_usdt"] = attrs.evolve(eth, high=high)
    write_candles(desk.candles, changed, COINS)
    with pytest.raises(InputError, match=r"f\.parquet: its forecast of eth_usdt at .*other candl"):
        desk.trade()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"forecast_model": "2"}, "is of steady@1, not of 2"),
        ({"settings": (*SETTINGS, "forecast_steps=6")}, "of 12 steps and forecast_steps is 6"),
        (
            {"settings": (*SETTINGS, "forecast_candles=100")},
            "made from 336 candles a forecast and forecast_candles is 100",
        ),
        ({"settings": (*SETTINGS, "forecast_candles=400")}, "other|none"),
        ({"forecasts": Path("nowhere.parquet")}, "there is no such file"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, given, said) -> None:
    desk = Desk(tmp_path)
    desk.compute()
    if "forecast_candles=400" in given.get("settings", ()):
        # more candles are asked for than the file was made from: only the first ones fit
        assert "momentum stood in" in counts(desk.trade(**given)["notes"])
        return
    with pytest.raises(InputError, match=said):
        desk.trade(**given)


@pytest.mark.parametrize("said", ["1", "steady@1", "steady"])
def test_the_model_may_be_stated_by_its_beginning(tmp_path, said) -> None:
    desk = Desk(tmp_path)
    desk.compute()
    desk.trade(forecast_model=said)


def test_forecasts_of_another_period_are_refused(tmp_path) -> None:
    desk = Desk(tmp_path)
    later = int(MARKET["eth_usdt"].open_time[-1]) + 10 * HOUR
    other = Desk(tmp_path / "later", synthetic_market(6, 1.0, COINS, later))
    other.compute()
    with pytest.raises(InputError, match=r"its forecasts are of .* and the run is of"):
        desk.trade(forecasts=other.out)


def test_a_file_without_any_forecast_of_the_run_is_refused(tmp_path) -> None:
    desk = Desk(tmp_path)
    other = {"btc_usdt": attrs.evolve(MARKET["eth_usdt"], pair="btc_usdt")}
    compute_forecasts(
        other,
        windows(other, [desk.last], desk.first, STANDARD),
        model=SteadyModel(),
        steps=12,
        out=desk.out,
        batch=None,
        told=lambda *_: None,
    )
    with pytest.raises(InputError, match=r"has none of the [0-9,]+ forecasts"):
        desk.trade()


def test_a_killed_run_goes_on_where_it_was_and_ends_in_the_same_bytes(tmp_path) -> None:
    whole = Desk(tmp_path / "whole")
    whole.compute(part=50)
    desk = Desk(tmp_path / "killed")
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.entrypoints.test_forecast_command import Desk\n"
        "from tests.given.steady_model import SteadyModel\n"
        f"Desk(Path({str(tmp_path / 'killed')!r})).compute(SteadyModel(dies_after=160), part=50)"
    )
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, env=_environment())
    assert child.returncode == -signal.SIGKILL
    assert not desk.out.exists()
    model = SteadyModel()
    done = desk.compute(model, part=50)
    assert (done.computed, model.asked) == (done.windows - 150, done.windows - 150)
    assert desk.out.read_bytes() == whole.out.read_bytes()
    assert sorted(one.name for one in desk.folder.iterdir()) == ["candles", "f.parquet"]
    again = SteadyModel()
    assert (desk.compute(again, part=50).computed, again.asked) == (0, 0)


def _environment() -> dict[str, str]:
    import os

    held = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), held])}


class StopsAfter(SteadyModel):
    """Ctrl-C, when so many windows have been asked for."""

    def __init__(self, count: int, **given) -> None:
        super().__init__(**given)
        self.count = count

    def quantiles(self, series, steps, batch):
        if self.asked >= self.count:
            raise KeyboardInterrupt
        return super().quantiles(series, steps, batch)


def test_a_part_that_was_damaged_is_computed_again(tmp_path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        desk.compute(StopsAfter(100), part=50, batch=50)
    parts = sorted((tmp_path / "f.parquet.parts").glob("*.parquet"))
    assert len(parts) == 2
    parts[0].write_bytes(parts[0].read_bytes()[:500])
    done = desk.compute(part=50)
    assert done.computed == done.windows - 50
    assert len(read_forecasts(desk.out).pairs) == 2


def test_parts_and_files_of_something_else_are_left_alone(tmp_path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        desk.compute(StopsAfter(100), part=50, batch=50)
    with pytest.raises(InputError, match=r"f\.parquet\.parts: holds parts made of other"):
        desk.compute(SteadyModel("2"), part=50)
    shutil.rmtree(tmp_path / "f.parquet.parts")
    desk.compute(SteadyModel("2"))
    with pytest.raises(InputError, match="is there already and was made of other"):
        desk.compute(SteadyModel("1"))
    assert read_forecasts(desk.out).version == "2"


def test_the_batch_shrinks_until_the_memory_does(tmp_path) -> None:
    desk = Desk(tmp_path)
    small = SteadyModel(room=10)
    done = desk.compute(small)
    assert done.batch == max(small.batches) == 8
    assert sum(small.batches) == done.windows
    expected = read_forecasts(desk.out)
    other = Desk(tmp_path / "other")
    other.compute(SteadyModel(), batch=7)
    for pair, one in read_forecasts(other.out).pairs.items():
        assert one.paths.tobytes() == expected.pairs[pair].paths.tobytes()
    third = Desk(tmp_path / "third")
    with pytest.raises(Refused, match="memory does not do for 1 series"):
        third.compute(SteadyModel(room=0))


def test_progress_comes_to_its_end(tmp_path) -> None:
    desk = Desk(tmp_path)
    done = desk.compute()
    counts, moments = zip(*desk.told, strict=True)
    assert list(counts) == sorted(counts)
    assert list(moments) == sorted(moments)
    assert (counts[-1], moments[-1]) == (done.windows, desk.wanted[-1].at)


def run(command: click.Command, *words: str):
    return CliRunner().invoke(command, list(words), standalone_mode=False)


def test_what_is_wrong_is_said_before_the_work(tmp_path) -> None:
    candles = str(write_candles(tmp_path / "c", MARKET, COINS))
    words = ("--candles", candles, "--model", str(tmp_path))
    ran = run(forecast, *words, "--out", str(tmp_path / "f.csv"))
    assert isinstance(ran.exception, InputError)
    ran = run(forecast, *words, "--out", str(tmp_path / "f.parquet"))
    assert isinstance(ran.exception, ConfigurationError)
    assert "has no config.json; fetch config.json and model.safetensors of" in str(ran.exception)
    ran = run(backtest, "--candles", candles, "--usdjpy", "150", "--forecast-model", "x")
    assert isinstance(ran.exception, click.UsageError)


def test_without_the_library_it_is_said_how_to_install_it(tmp_path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from adapters.forecaster.chronos_local import load_chronos\n"
        f"load_chronos(Path({str(folder)!r}))"
    )
    child = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=False,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    assert "ConfigurationError: Chronos is not installed: `pip install torch==2.13.0`" in (
        child.stderr
    )


def test_the_tiny_model_forecasts_and_a_backtest_uses_it(tmp_path) -> None:
    model = tiny_chronos(tmp_path / "tiny")
    candles = str(write_candles(tmp_path / "c", synthetic_market(5, 0.6, COINS), COINS))
    out = str(tmp_path / "f.parquet")
    words = ("--candles", candles, "--out", out, "--model", str(model), "--threads", "1", "--json")
    first = run(forecast, *words)
    assert first.return_value == 0, first.exception
    told = json.loads(first.stdout)
    assert (told["not_believed"], told["computed"]) == (0, told["forecasts"])
    again = json.loads(run(forecast, *words).stdout)
    assert (again["computed"], again["forecasts"]) == (0, told["forecasts"])
    version = told["model"].partition("@")[2]
    ran = run(
        backtest, "--candles", candles, "--usdjpy", "150", "--forecasts", out,
        "--forecast-model", version, "--json",
    )  # fmt: skip
    (note,) = [one for one in json.loads(ran.stdout)["notes"] if "forecasts of chronos-2" in one]
    count = f"{told['forecasts']:,}"
    assert f"{told['model']}: {count} of {count} asked for" in note


@pytest.mark.skipif(not REAL.is_dir(), reason="the recorded candles of ../shared are not here")
@pytest.mark.parametrize("ordered", [True, False])
def test_a_week_of_real_candles(tmp_path, ordered) -> None:
    model = tiny_chronos(tmp_path / "tiny", ordered=ordered)
    out = str(tmp_path / "f.parquet")
    span = ("--candles", str(REAL), "--from", "2025-03-03", "--to", "2025-03-10")
    ran = run(forecast, *span, "--out", out, "--model", str(model), "--threads", "1", "--json")
    assert ran.return_value == 0, ran.exception
    told = json.loads(ran.stdout)
    assert told["forecasts"] > 5_000
    ran = run(backtest, *span, "--usdjpy", "150", "--forecasts", out, "--json")
    assert ran.return_value == 0, ran.exception
    (note,) = [one for one in json.loads(ran.stdout)["notes"] if "forecasts of chronos-2" in one]
    # what a random model says crosses, and never counts
    assert ("cannot be believed" in note) is not ordered
    assert told["not_believed"] == (0 if ordered else told["forecasts"])
    assert "0 are not in" in note or ordered
