"""Commands as a user types them: results on stdout, one line on stderr, never a traceback."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "candles"


def run(*words: str, status: int = 0) -> subprocess.CompletedProcess:
    """A command with its exit status checked."""
    done = subprocess.run(
        [sys.executable, "-m", "entrypoints.cli.main", *words],
        capture_output=True,
        check=False,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def backtest(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """A few sample days with report and log: (its JSON, its folder)."""
    folder = tmp_path_factory.mktemp("run")
    words = ["backtest", "--candles", str(SAMPLE), "--usdjpy", "150", "--to", "2025-01-04"]
    files = ["--events", str(folder / "e.sqlite"), "--report", str(folder / "r.html")]
    done = run(*words, *files, "--json")
    return json.loads(done.stdout), folder


def test_backtest_prints_one_object_with_what_a_program_needs(backtest) -> None:
    result, folder = backtest
    wanted = {
        "candles",
        "pairs",
        "analyses",
        "orders",
        "trades",
        "return_pct",
        "max_drawdown_pct",
        "buy_and_hold_pct",
        "cpu_seconds",
        "digest",
    }
    assert wanted <= set(result)
    assert len(result["pairs"]) == 6
    assert result["trades"] > 0
    assert sorted(one.name for one in folder.iterdir()) == ["e.sqlite", "r.html"]


def test_explain_goes_from_an_order_to_the_candle(backtest) -> None:
    log = str(backtest[1] / "e.sqlite")
    line = run("events", log, "--type", "OrderFilled", "--limit", "1", "--json").stdout
    order = json.loads(line)["data"]["order"]
    told = run("explain", order, "--log", log).stdout
    for word in ("candle", "trigger", "score", "thresholds", "technical", "sending", "filled"):
        assert f"  {word} " in told
    lines = json.loads(run("explain", order, "--log", log, "--json").stdout)["lines"]
    assert lines[0]["what"] == "candle"


def test_why_not_says_which_condition_failed_and_by_how_much(backtest) -> None:
    log = str(backtest[1] / "e.sqlite")
    told = run("explain", "--log", log, "--why-not", "BTC", "2025-01-02T10:03").stdout
    assert "does not hold, off by" in told or "it was traded" in told


def test_events_can_be_cut_off_by_a_reader(backtest) -> None:
    log = backtest[1] / "e.sqlite"
    command = f"{sys.executable} -m entrypoints.cli.main events {log} --json | head -2"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 2
    assert not done.stderr


def test_rebuild_folds_the_log_again(backtest) -> None:
    counts = json.loads(run("rebuild", str(backtest[1] / "e.sqlite"), "--json").stdout)
    assert counts["positions"] > 0


BAD = {
    "unknown coin": (["--pairs", "LTC"], "unknown coin 'LTC'"),
    "unknown parameter": (["--set", "buy_treshold=1"], "did you mean buy_threshold"),
    "parameter out of range": (["--set", "rsi_period=1"], "rsi_period = 1 is out of range"),
    "parameter that is no number": (["--set", "rsi_period=x"], "not a whole number"),
    "weights that do not sum up": (["--set", "weight_market=0.9"], "must sum to 1"),
    "no such rate": (["--usdjpy", "nowhere.csv"], "nowhere.csv"),
    "no candle in the period": (["--from", "2030-01-01"], "the files hold 2025-01-01"),
    "cash that is no number": (["--cash", "much"], "--cash"),
    "no such mood file": (["--fear-greed", "nowhere.csv"], "nowhere.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    words, expected = BAD[case]
    files = ["--events", str(tmp_path / "e.sqlite"), "--report", str(tmp_path / "r.html")]
    base = ["backtest", "--candles", str(SAMPLE), "--usdjpy", "150"]
    done = run(*base, *words, *files, "--json", status=1)
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["backtest", "--usdjpy", "150"], "--candles"),
        (["backtest", "--candles", "x", "--usdjpy", "1", "--from", "yesterday"], "yesterday"),
        (["explain"], "ID"),
        (["nothing"], "nothing"),
    ],
)
def test_wrong_usage_exits_with_2(words: list[str], expected: str) -> None:
    assert expected in run(*words, status=2).stderr


def test_a_foreign_or_damaged_log_is_refused_by_name(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, " * 100, encoding="utf-8")
    for path in (foreign, text, tmp_path / "missing.sqlite"):
        assert path.name in run("events", str(path), status=1).stderr


def test_a_candle_file_without_a_column_names_it(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT_5m.csv"
    pd.DataFrame({"open_time": [1735689600000], "open": [1.0]}).to_csv(path, index=False)
    done = run("backtest", "--candles", str(path), "--usdjpy", "150", status=1)
    assert "high" in done.stderr
    assert "BTCUSDT_5m.csv" in done.stderr


def test_help_of_every_command_shows_an_example() -> None:
    for command in ("backtest", "simulate", "explain", "events", "rebuild"):
        assert "Example" in run(command, "--help").stdout
