"""A simulated winter with the tuner on: a change that helps is kept, one that harms taken back.

All of it is read from the log that the run leaves, by the commands that an owner has.
"""

import json
from pathlib import Path

import pytest

from tests.entrypoints.test_commands import run

DAYS = 90
"""Enough for two changes and the review of the second."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quarter")


@pytest.fixture(scope="module")
def told(folder: Path) -> dict:
    done = run("simulate", "--days", str(DAYS), "--tuner", "on", "--events",
               str(folder / "q.sqlite"), "--json")  # fmt: skip
    return json.loads(done.stdout)


def test_every_day_is_reported_at_23_00_in_japan(told: dict) -> None:
    assert told["report_times_jst"] == ["23:00"]
    assert told["reports"] == DAYS - 1  # the last day is not over


def test_the_planted_change_is_kept_and_the_harmful_one_taken_back(told: dict) -> None:
    kept, back = told["changes"]
    assert (kept["state"], back["state"]) == ("kept", "rolled back")
    assert kept["review_gain_jpy"] > 0 > back["review_gain_jpy"]
    for one in (kept, back):
        (move,) = one["moves"]
        assert move["name"] == "buy_threshold"
        assert 0 < move["after"] - move["before"] <= 0.03 + 1e-9
        assert one["probability"] >= 0.95
    assert back["worse"] >= 0.95 > kept["worse"]
    assert told["turn_day"] is not None


def test_the_log_tells_it_to_whoever_asks(told: dict, folder: Path) -> None:
    log = str(folder / "q.sqlite")
    found = json.loads(run("improvements", log, "--json").stdout)
    assert [one["change"] for one in found["changes"]] == [
        one["change"] for one in told["changes"]
    ]
    assert [one["state"] for one in found["changes"]] == ["kept", "rolled back"]
    assert found["tried"] == told["tried"]
    harmful = found["changes"][1]["change"]
    explained = run("improvements", log, "--explain", harmful).stdout
    assert "All candidates of that night" in explained
    assert "taken back" in explained
    assert "kept" in run("improvements", log).stdout
    report = json.loads(run("report", "--log", log, "--date", "2025-03-10", "--json").stdout)
    assert [one["state"] for one in report["improvements"]["last"]] == ["kept", "rolled back"]
    assert report["parameters_changed"]["buy_threshold"] == told["changes"][0]["moves"][0]["after"]
    earlier = json.loads(run("report", "--log", log, "--date", "2025-02-01", "--json").stdout)
    assert [one["state"] for one in earlier["improvements"]["last"]] == ["in force"]


def test_the_books_balance_and_every_decision_comes_out_again(told: dict, folder: Path) -> None:
    log = str(folder / "q.sqlite")
    run("audit", log)
    again = json.loads(run("replay", log, "--verify", "--json").stdout)
    assert again["decisions"] == again["equal"] > 1_000
