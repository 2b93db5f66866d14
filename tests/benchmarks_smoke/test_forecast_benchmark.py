"""The benchmark of forecasts takes only what was known, and runs whole with a tiny model."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adapters.market_data.candle_files import load_candles
from benchmarks.forecast import drawn_windows, momentum, scored
from domain.instant import CANDLE, HOUR
from domain.instruments import DEFAULT
from tests.given.tiny_chronos import needs_chronos

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "candles"


def test_a_window_ends_at_its_time_and_what_came_begins_there() -> None:
    found = drawn_windows(SAMPLE, 60, 3)
    series = load_candles([SAMPLE], DEFAULT, None, None, history=336).series
    assert len(found.at) > 40
    assert {int(at) % HOUR for at in found.at} == {0}
    for row, (pair, at) in enumerate(zip(found.pair, found.at, strict=True)):
        one = series[str(pair)]
        known = one.open_time + CANDLE <= at
        came = ~known & (one.open_time + CANDLE <= at + HOUR)
        typical = (one.high + one.low + one.close) / 3.0
        assert np.array_equal(found.context[row], typical[known][-336:])
        assert np.array_equal(found.future[row], typical[came])
        assert found.price[row] == one.close[known][-1]
        assert found.later[row] == one.close[came][-1]


def test_the_seed_draws_the_windows() -> None:
    one, again, other = (drawn_windows(SAMPLE, 60, seed) for seed in (3, 3, 4))
    assert np.array_equal(one.at, again.at)
    assert not np.array_equal(one.at, other.at)


def test_scores_are_the_traders_own() -> None:
    windows = drawn_windows(SAMPLE, 60, 3)
    flat = np.repeat(windows.price[:, None, None], 3, axis=2).repeat(12, axis=1)
    assert np.abs(scored(flat, windows.price)).max() < 1e-12
    rising = flat * np.linspace(1.0, 1.03, 12)[None, :, None]
    assert (scored(rising, windows.price) > 0.5).all()
    assert np.abs(momentum(windows).score).max() <= 1.0


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_whole_of_it_with_random_weights_says_that_it_means_nothing() -> None:
    needs_chronos()
    pytest.importorskip("statsforecast", reason="benchmarks/requirements.txt is not installed")
    words = ("--tiny", "--windows", "60", "--candles", str(SAMPLE))
    done = run("benchmarks/forecast.py", *words, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["meaningless"] is True
    assert "unverified" in found["claim"]
    names = set(found["judged"]["all"])
    assert {"momentum", "last value", "seasonal naive"} < names
    assert len(names) == 4
    naive = found["judged"]["all"]["last value"]
    assert 0.5 < naive["coverage"]["mean"] < 1.0
    assert naive["quantile_loss_bp"]["low"] <= naive["quantile_loss_bp"]["mean"]
    page = run("benchmarks/forecast.py", *words).stdout
    assert "mean nothing" in page


def test_what_is_missing_is_said() -> None:
    assert "no candles in" in run("benchmarks/forecast.py", "--candles", "nowhere").stderr
    assert "--tiny" in run("benchmarks/forecast.py", "--candles", str(SAMPLE)).stderr
