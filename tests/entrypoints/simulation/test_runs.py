"""Runs of a hostile world: nothing broken, repeatable, summed up, resumed and made small."""

import json
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from application.errors import InputError
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.simulation import kill_every_step as killing
from entrypoints.simulation.batch import Remembered, Task, run_all, run_task, shrink, summary
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.hostility import drawn_rates
from entrypoints.simulation.world import Plan, Surroundings
from tests.incidents.mutants import MUTANTS

PLAN = Plan(
    seed=0,
    days=0.25,
    instruments=DEFAULT,
    parameters=STANDARD,
    cash=Jpy(Decimal(100_000)),
    is_busy=True,
)


def task(seed: int, faults: str = "all") -> Task:
    """A short busy day of a seed."""
    return Task(plan=attrs.evolve(PLAN, seed=seed), faults=faults, policy="busy")


@pytest.mark.parametrize("seed", range(6))
def test_a_hostile_day_breaks_no_promise(seed: int) -> None:
    plan = attrs.evolve(PLAN, seed=seed, is_busy=seed % 2 == 0)
    result = run_one(plan, drawn_rates(seed))
    assert [str(one) for one in result.violations] == []
    assert (result.doubled, result.lost) == (0, 0)
    assert sum(result.faults.values()) > 20


def test_the_same_seed_is_the_same_run_and_a_crash_leaves_a_mark() -> None:
    first, again = run_task(task(1)), run_task(task(1))
    assert first == again
    assert first["restarts"] > 0
    assert run_task(task(1, "none"))["digest"] != first["digest"]


def test_a_run_ends_with_the_order_that_was_wanted() -> None:
    result = run_one(attrs.evolve(PLAN, days=2), {"reply-lost": 0.3}, orders=20)
    assert 20 <= result.orders <= 30
    assert result.in_doubt >= 2
    assert len(result.resolved_s) == result.in_doubt


def test_runs_are_summed_up_with_every_cell_that_was_not_struck() -> None:
    total = summary([run_task(task(seed)) for seed in (0, 1)], "all")
    assert total["seeds"] == 2
    assert total["days"] == 0.5
    assert total["violations"] == 0
    assert total["empty_cells"] == len(total["empty"]) > 0
    assert sum(count for _, _, count in total["matrix"]) == sum(total["faults"].values())


def test_processes_give_what_one_process_gives() -> None:
    short = attrs.evolve(PLAN, days=0.1)
    tasks = [attrs.evolve(task(seed), plan=attrs.evolve(short, seed=seed)) for seed in (1, 2)]
    done: list[dict] = []
    assert list(run_all(tasks, done.append, 2)) == [run_task(one) for one in tasks] == done


def test_finished_seeds_are_remembered_even_after_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "nightly.jsonl"
    memory = Remembered(path, "key")
    memory.add({"seed": 4, "orders": 1})
    memory.add({"seed": 5, "orders": 2})
    path.write_text(path.read_text()[:-9])
    assert Remembered(path, "key").results == {4: {"seed": 4, "orders": 1}}


def test_what_was_remembered_of_other_runs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nightly.jsonl"
    Remembered(path, "7 days").add({"seed": 4})
    with pytest.raises(InputError, match="line 1 is of other runs"):
        Remembered(path, "1 days")
    path.write_text(json.dumps({"some": "thing"}) + "\n")
    with pytest.raises(InputError, match="line 1: not a finished run"):
        Remembered(path, "7 days")


def test_a_failing_seed_is_made_small_and_its_line_repeats_it() -> None:
    faults = "reply-lost=0.4,throttled=0.05,candle-late=0.05,notifier-fails=0.2"
    with MUTANTS[1][1]():
        failure = shrink(task(2, faults))
        assert failure.needs == ("reply-lost",)
        assert failure.command.startswith("crypto-trader simulate --seed 2 --days 0.25")
        assert "reply-lost=0.4" in failure.command
        assert run_task(task(2, "reply-lost=0.4"))["violations"][0] == failure.first
    assert run_task(task(2, "reply-lost=0.4"))["violations_count"] == 0


def test_the_story_to_die_in_has_all_that_can_be_interrupted() -> None:
    points, broken = killing.play(killing.Case((), False), Surroundings(killing.PLAN))
    assert broken == []
    single, pairs, recovery = killing.cases(points)
    assert len(single) == points > 100
    assert len(pairs) == points * (points - 1) // 2
    assert len(recovery) == points * killing.RECOVERY


def test_dying_at_steps_of_the_story_breaks_nothing() -> None:
    """A sample; `crypto-trader simulate --kill-every-step` takes them all."""
    around = Surroundings(killing.PLAN)
    points, _ = killing.play(killing.Case((), False), around)
    single, pairs, recovery = killing.cases(points)
    sample = [*single[::4], *pairs[:: len(pairs) // 60], *recovery[:: len(recovery) // 60]]
    broken = [said for case in sample for said in killing.play(case, around)[1]]
    assert broken == []
