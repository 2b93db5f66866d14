"""The command `tune`: worlds whose truth is known, counted; and `improvements` on a log."""

import json
from pathlib import Path

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.read_models.in_memory import InMemoryReadModels
from domain import events as e
from domain.instant import DAY
from domain.parameters import STANDARD
from entrypoints.wiring.log_file import research_log
from tests.entrypoints.test_commands import run

AT = 1_772_000_000_000


def told(*words: str) -> dict:
    done = run("tune", *words, "--json")
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_worlds_are_counted_and_any_number_of_workers_finds_the_same() -> None:
    words = ("--null", "--worlds", "4", "--days", "35", "--seed", "3")
    one = told(*words, "--workers", "1")
    assert one == told(*words, "--workers", "2")
    assert one["worlds"] == 4
    assert 0 <= one["changed"] <= 4
    assert one["low"] <= one["rate"] <= one["high"]


def test_a_planted_loss_that_is_plain_is_found() -> None:
    found = told("--planted", "--worlds", "2", "--days", "91", "--edge", "8")
    assert (found["worlds"], found["found"], found["power"]) == (2, 2, 1.0)
    assert all("buy_threshold" in one for one in found["changes"])


def test_a_human_reads_a_sentence() -> None:
    assert "random" not in run("tune", "--null", "--worlds", "1", "--days", "28").stderr
    assert "nothing to find" in run("tune", "--null", "--worlds", "1", "--days", "28").stdout


@pytest.mark.parametrize("words", [(), ("--null", "--planted")])
def test_one_kind_of_world_has_to_be_named(words: tuple[str, ...]) -> None:
    done = run("tune", *words, status=1)
    assert "--null and --planted" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log on which one change was made, and a night refused."""
    import asyncio

    path = tmp_path / "e.sqlite"
    gate = e.ShutGate("trades", "3 closed trades, 21 needed")
    refused = e.TuningRefused("2026-02-24", (gate,), 5)
    made = e.ParametersChanged(
        change="change-2026-02-25",
        day="2026-02-25",
        proposer="search",
        moves=(e.ParameterMove("buy_threshold", 0.25, 0.28),),
        days=40,
        gain_jpy=4_000.0,
        probability=0.97,
        tried=12,
    )

    async def write() -> None:
        clock = SimulatedClock(AT)
        with research_log(path, InMemoryReadModels(clock)) as store:
            for stream, event, at in (("tuning", refused, AT), ("parameters", made, AT + DAY)):
                await store.append((e.Commit(stream, 1, (event,), at, "", "", "test"),))

    asyncio.run(write())
    return path


def test_improvements_lists_changes_and_nights_that_said_no(log: Path) -> None:
    found = json.loads(run("improvements", str(log), "--json").stdout)
    assert (found["nights"], found["tried"], found["shut"]) == (1, 5, {"trades": 1})
    (one,) = found["changes"]
    assert (one["change"], one["state"], one["made"]["gain_jpy"]) == (
        "change-2026-02-25",
        "in force",
        4_000.0,
    )
    assert "1 nights shut by trades" in run("improvements", str(log)).stdout
    assert "0.25 -> 0.28" in run("improvements", str(log), "--explain", "change-2026-02-25").stdout


def test_a_change_is_undone_by_hand_once(log: Path) -> None:
    done = run("improvements", str(log), "--undo", "change-2026-02-25")
    assert done.stdout == "change-2026-02-25 is undone: buy_threshold 0.28 -> 0.25\n"
    found = json.loads(run("improvements", str(log), "--json").stdout)
    assert found["changes"][0]["state"] == "undone by hand"
    again = run("improvements", str(log), "--undo", "change-2026-02-25", status=1)
    assert "not in force any more" in again.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--undo", "change-1"), "there are: change-2026-02-25"),
        (("--explain", "change-1"), "there are: change-2026-02-25"),
        (("--undo", "change-2026-02-25", "--set", "buy_threshold=0.31"), "overtaken"),
        (("--set", "nothing=1"), "nothing"),
    ],
)
def test_what_makes_no_sense_is_one_line(log: Path, words: tuple[str, ...], named: str) -> None:
    done = run("improvements", str(log), *words, status=1)
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert STANDARD.buy_threshold == 0.25


def test_a_log_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = run("improvements", str(tmp_path / "no.sqlite"), status=1)
    assert len(done.stderr.strip().splitlines()) == 1
