"""2025-10-10 21:15 on real candles: a gap through the stop is sold at the gap, and said so.

Reads ../shared/data; skipped where that folder is not.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"real candles are not at {DATA}")

# held through the days before, with a stop that only the crash reaches
HELD = {
    "sell_threshold": -1,
    "kelly_min_trades": 1000,
    "breaker_losses_in_a_row": 1000,
    "stop_loss_pct": 12,
    "trail_1_gain_pct": 50,
    "trail_2_gain_pct": 60,
    "trail_3_gain_pct": 70,
    "trail_4_gain_pct": 80,
    "max_position_jpy": 20_000,
}


def run(*words: str) -> str:
    """A command's stdout."""
    return subprocess.run(
        [sys.executable, "-m", "entrypoints.cli.main", *words],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The log of four days that end in the crash."""
    path = str(tmp_path_factory.mktemp("crash") / "e.sqlite")
    rate = str(DATA / "fx" / "usdjpy_1h.csv.gz")
    words = ["backtest", "--candles", str(DATA / "klines_5m"), "--usdjpy", rate]
    words += ["--from", "2025-10-07", "--to", "2025-10-11", "--cash", "300000"]
    words += [word for name, value in HELD.items() for word in ("--set", f"{name}={value}")]
    run(*words, "--events", path, "--json")
    return path


def events(log: str, kind: str) -> list[dict]:
    """Events of a kind from the evening of the crash."""
    lines = run("events", log, "--type", kind, "--from", "2025-10-10T20:30", "--json")
    return [json.loads(line) for line in lines.splitlines()]


def test_stops_hit_by_a_gap_are_sold_under_them_at_the_price_that_there_was(log: str) -> None:
    hits = {one["data"]["position"]: one for one in events(log, "StopLossHit")}
    closed = {one["data"]["position"]: one for one in events(log, "PositionClosed")}
    assert {hit["data"]["pair"] for hit in hits.values()} >= {"xrp_usdt", "btc_usdt"}
    for position, hit in hits.items():
        stop = float(hit["data"]["stop"]["amount"])
        seen = float(hit["data"]["price"]["amount"])
        sold = float(closed[position]["data"]["exit"]["amount"])
        assert seen < stop
        assert sold < stop
        assert closed[position]["at"] > hit["at"]


def test_the_explanation_says_how_far_through_the_stop_it_went(log: str) -> None:
    position = events(log, "StopLossHit")[0]["data"]["position"]
    told = run("explain", position, "--log", log)
    assert "4.407 % through it" in told
    assert "  closed  " in told.rstrip().splitlines()[-1]
