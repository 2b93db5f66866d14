"""The benchmarks run, and print what they promise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARE = "0.004"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def said(*words: str) -> dict:
    done = run(*words)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def in_memory() -> dict:
    return said("benchmarks/backtest.py", "--json", "--fraction", SHARE)


def test_backtest_prints_all_keys(in_memory):
    assert {
        "candles_per_second",
        "candles_per_second_net",
        "cpu_seconds",
        "start_up_cpu_seconds",
        "net_cpu_seconds",
        "peak_mb",
        "trades",
        "equity",
        "events",
        "analyses",
    } <= in_memory.keys()


def test_a_log_in_a_file_changes_nothing_but_the_time(in_memory):
    words = ("--json", "--no-startup", "--fraction", SHARE, "--log", "sqlite")
    in_file = said("benchmarks/backtest.py", *words)
    for key in ("candles", "trades", "open", "equity", "analyses", "events"):
        assert in_file[key] == in_memory[key], key


def test_the_plain_loop_makes_the_same_trades(in_memory):
    plain = said("benchmarks/plain_loop.py", "--fraction", SHARE)
    assert plain["candles"] == in_memory["candles"]
    assert plain["trades"] == in_memory["trades"] + in_memory["open"]


def test_bench_sets_ours_beside_the_plain_loop():
    words = ("--json", "--runs", "1", "--fraction", SHARE, "--only", "w1,start")
    found = said("benchmarks/bench.py", *words)
    assert set(found) == {"w1", "start"}
    assert set(found["w1"]) == {"plain loop", "ours, log in memory", "ours, log in SQLite"}
    assert found["start"]["help_to_python"] > 1


def test_an_unknown_part_is_refused():
    done = run("benchmarks/bench.py", "--only", "nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr
