"""Many seeds over all cores: run, remembered, summed up; a seed that fails is made small."""

from __future__ import annotations

import json
import math
import multiprocessing
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import attrs

from application.errors import InputError
from entrypoints.simulation.catalogue import KINDS
from entrypoints.simulation.engine import RunResult, run_one
from entrypoints.simulation.hostility import asked_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from entrypoints.simulation.world import Plan

SHRUNK = 3
"""So many failing seeds are made small; each takes many runs."""


@attrs.frozen(kw_only=True)
class Task:
    """One seed to run. `policy` is owner, busy, or drawn from the seed."""

    plan: Plan
    faults: str
    policy: str
    orders: int | None = None

    @property
    def drawn(self) -> Plan:
        """The plan with its policy settled."""
        if self.policy == "drawn":
            chance = random.Random(f"policy/{self.plan.seed}")  # noqa: S311 - chance, not secrecy
            return attrs.evolve(self.plan, is_busy=chance.random() < 0.5)
        return attrs.evolve(self.plan, is_busy=self.policy == "busy")


@attrs.frozen(kw_only=True)
class Failure:
    """A seed that broke a promise, the faults that it takes, and the line that repeats it."""

    seed: int
    first: str
    needs: tuple[str, ...]
    command: str


def run_task(task: Task) -> dict[str, Any]:
    """One seed, as plain data that can be written down and read again."""
    rates = asked_rates(task.faults, task.plan.seed)
    return to_data(run_one(task.drawn, rates, task.orders))


def to_data(result: RunResult) -> dict[str, Any]:
    """A result as JSON values."""
    data = attrs.asdict(result, recurse=False)
    data["faults"] = [[kind, step, count] for (kind, step), count in result.faults.items()]
    data["violations"] = [str(one) for one in result.violations]
    return data


def run_all(
    tasks: Sequence[Task], done: Callable[[dict[str, Any]], None], workers: int
) -> Iterator[dict[str, Any]]:
    """Results as they are finished, in the order of the tasks; `done` hears of each."""
    if len(tasks) == 1 or workers == 1:
        for task in tasks:
            result = run_task(task)
            done(result)
            yield result
        return
    # a fresh interpreter a worker: nothing of this process can leak into a run
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for result in pool.map(run_task, tasks, chunksize=2):
            done(result)
            yield result


def summary(results: Sequence[dict[str, Any]], faults: str) -> dict[str, Any]:
    """All runs together."""
    kinds: Counter[str] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    for result in results:
        for kind, step, count in result["faults"]:
            kinds[kind] += count
            cells[kind, step] += count
    seconds = sorted(one for result in results for one in result["resolved_s"])
    empty = [cell for cell in _cells_of(faults) if not cells[cell]]
    return {
        "seeds": len(results),
        "days": round(sum(one["days"] for one in results), 6),
        "ticks": sum(one["ticks"] for one in results),
        "events": sum(one["events"] for one in results),
        "orders": sum(one["orders"] for one in results),
        "trades": sum(one["trades"] for one in results),
        "restarts": sum(one["restarts"] for one in results),
        "faults": {name: kinds[name] for name in KINDS if kinds[name]},
        "in_doubt": {
            "count": sum(one["in_doubt"] for one in results),
            "resolved": len(seconds),
            "p50_s": _percentile(seconds, 0.5),
            "p99_s": _percentile(seconds, 0.99),
        },
        "doubled": sum(one["doubled"] for one in results),
        "lost": sum(one["lost"] for one in results),
        "violations": sum(one["violations_count"] for one in results),
        "empty_cells": len(empty),
        "empty": [f"{kind} x {step}" for kind, step in empty],
        "matrix": [[kind, step, count] for (kind, step), count in sorted(cells.items())],
    }


def _cells_of(faults: str) -> list[tuple[str, str]]:
    """Every (kind, step) that these faults could have struck."""
    names = list(KINDS) if faults == "all" else list(asked_rates(faults, 0))
    return [(name, step) for name in names for step in KINDS[name].steps]


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """Nearest rank; None of nothing."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def shrink(task: Task) -> Failure:
    """Leave out one kind of fault after the other for as long as the run still fails."""
    plan = task.drawn
    rates = asked_rates(task.faults, plan.seed)
    result = run_one(plan, rates, task.orders)
    struck = {kind for kind, _ in result.faults}
    needed = {name: rate for name, rate in rates.items() if name in struck}
    for name in list(needed):
        fewer = {kind: rate for kind, rate in needed.items() if kind != name}
        if run_one(plan, fewer, task.orders).violations_count:
            needed = fewer
    result = run_one(plan, needed, task.orders)
    if not result.violations:
        needed, result = rates, run_one(plan, rates, task.orders)
    faults = ",".join(f"{name}={rate!r}" for name, rate in needed.items()) or "none"
    policy = "busy" if plan.is_busy else "owner"
    more = f" --orders {task.orders}" if task.orders is not None else ""
    return Failure(
        seed=plan.seed,
        first=str(result.violations[0]),
        needs=tuple(needed),
        command=(
            f"crypto-trader simulate --seed {plan.seed} --days {plan.days:g} --policy {policy} "
            f"--faults {faults}{more}"
        ),
    )


class Remembered:
    """Finished seeds in a file, one JSON line each, so that a long run can be taken up again."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self.results: dict[int, dict[str, Any]] = {}
        if path.exists():
            for number, line in enumerate(path.read_text().splitlines(), 1):
                self._take(line, number)

    def _take(self, line: str, number: int) -> None:
        try:
            entry = json.loads(line)
            key, result = entry["key"], entry["result"]
            seed = int(result["seed"])
        except (ValueError, KeyError, TypeError) as error:
            if not line.endswith("}"):
                return  # the run before was stopped while it wrote this line
            raise InputError(f"{self._path} line {number}: not a finished run: {error}") from error
        if key != self._key:
            raise InputError(
                f"{self._path} line {number} is of other runs ({key}): name another file"
            )
        self.results[seed] = result

    def add(self, result: dict[str, Any]) -> None:
        """Write one more, at once."""
        self.results[result["seed"]] = result
        with self._path.open("a") as file:
            file.write(json.dumps({"key": self._key, "result": result}) + "\n")
