"""The command `simulate`: what it prints, what it refuses, how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from entrypoints.cli.simulate import command
from tests.entrypoints.test_commands import run
from tests.incidents.mutants import MUTANTS

SHORT = ("--days", "0.1", "--workers", "1")


def told(*words: str) -> dict:
    """The JSON of a run that ends well."""
    done = run("simulate", *SHORT, "--json", *words)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_json_has_what_a_program_needs() -> None:
    total = told("--seed", "3")
    assert total["seeds"] == 1
    assert total["days"] == 0.1
    assert len(total["digest"]) == 64
    assert (total["doubled"], total["lost"], total["violations"]) == (0, 0, 0)
    assert set(total["in_doubt"]) >= {"count", "p50_s", "p99_s"}
    assert isinstance(total["orders"], int)
    assert isinstance(total["empty_cells"], int)
    assert sum(total["faults"].values()) > 0


def test_several_seeds_have_no_digest_and_no_faults_when_none_are_wanted() -> None:
    total = told("--runs", "2", "--faults", "none")
    assert total["seeds"] == 2
    assert "digest" not in total
    assert total["faults"] == {}
    assert total["empty_cells"] == 0


def test_a_human_gets_a_summary_and_the_matrix() -> None:
    done = run("simulate", *SHORT, "--seed", "1")
    assert done.stderr == ""
    assert "violations" in done.stdout
    assert "Faults by step" in done.stdout


def test_a_broken_promise_is_exit_status_1_and_a_line_that_repeats_it() -> None:
    with MUTANTS[10][1]():
        words = "--days 0.3 --workers 1 --policy busy --faults throttled=0.01"
        done = CliRunner().invoke(command, [*words.split(), "--json"], standalone_mode=False)
    total = json.loads(done.stdout)
    assert done.return_value == 1
    assert total["violations"] > 0
    assert total["failed_seeds"] == [0]
    (failure,) = total["failures"]
    assert "buy threshold" in failure["first"]
    assert failure["command"].startswith("crypto-trader simulate --seed 0 --days 0.3")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--faults", "rain=0.1"), "rain"),
        (("--fault", "reply-lost=0.1", "--faults", "none"), "--fault"),
        (("--runs", "2", "--events", "e.sqlite"), "--events"),
        (("--set", "no_such=1"), "no_such"),
        (("--tuner", "on"), "--days"),
        (("--tuner", "on", "--days", "30.5"), "--days"),
        (("--tuner", "on", "--runs", "2"), "--runs"),
        (("--tuner", "on", "--fault", "reply-lost=0.1"), "--fault"),
    ],
)
def test_what_makes_no_sense_is_one_line(words: tuple[str, ...], named: str) -> None:
    done = run("simulate", *SHORT, *words, status=1)
    assert done.stdout == ""
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_kept_log_is_balanced_and_a_resumed_run_runs_nothing_twice(tmp_path: Path) -> None:
    log = tmp_path / "s.sqlite"
    # no trades by hand and no balances that lag: the books can know nothing of those
    faults = "reply-lost=0.3,request-lost=0.2,crash-after=0.02,message-twice=0.3"
    told("--seed", "3", "--policy", "busy", "--faults", faults, "--events", str(log))
    assert json.loads(run("audit", str(log), "--json").stdout)["balanced"] is True
    memory = tmp_path / "seeds.jsonl"
    first = told("--runs", "2", "--resume", str(memory))
    lines = memory.read_text()
    again = told("--runs", "2", "--resume", str(memory))
    assert memory.read_text() == lines
    assert first["orders"] == again["orders"]
