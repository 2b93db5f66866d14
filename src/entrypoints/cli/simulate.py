"""crypto-trader simulate: synthetic markets and every known fault, each run from one number."""

from __future__ import annotations

import json
import os
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.errors import ConfigurationError
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD

if TYPE_CHECKING:
    from entrypoints.simulation.batch import Task
    from entrypoints.simulation.world import Plan


@click.command("simulate")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True)
@click.option("--days", type=click.FloatRange(0.05, 3660), default=1.0, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=1, show_default=True, help="Seeds to run.")
@click.option(
    "--faults",
    default="all",
    show_default=True,
    metavar="all|none|NAME=RATE,...",
    help="What may go wrong; 'all' draws rates from the seed.",
)
@click.option("--fault", "one_fault", metavar="NAME=RATE", help="Only this fault, busy policy.")
@click.option("--orders", type=click.IntRange(1), help="Stop once so many orders were asked for.")
@click.option(
    "--policy", type=click.Choice(["drawn", "owner", "busy"]), default="drawn", show_default=True
)
@click.option("--kill-every-step", is_flag=True, help="Crash at every effect, and at every two.")
@click.option(
    "--through-handlers",
    is_flag=True,
    help="Run each part of a tick as the cloud's function, JSON in and out; the same digest.",
)
@click.option(
    "--tuner",
    type=click.Choice(["off", "on"]),
    default="off",
    show_default=True,
    help="On: no faults, a market with rules to find, one of which turns over.",
)
@click.option("--pairs", help="Coins, comma-separated: BTC,ETH. All six if not given.")
@click.option("--cash", type=click.IntRange(1), default=100_000, show_default=True, help="JPY.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A strategy parameter."
)
@click.option("--events", type=click.Path(path_type=Path), help="Keep the event log here.")
@click.option("--resume", type=click.Path(path_type=Path), help="Remember finished seeds here.")
@click.option("--workers", type=click.IntRange(1), help="Processes; one a core if not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(**options: Any) -> int:
    """Trade synthetic markets while everything goes wrong, and judge every step.

    A seed draws its market, its faults and their rates; the same seed gives the same digest,
    run after run. After every tick the log is held against the exchange's own history. Exit
    status 1 when a promise was broken; then a line repeats the failing seed.

    \b
    Examples:
      crypto-trader simulate --seed 7 --days 3
      crypto-trader simulate --seed 0 --days 1 --runs 200 --json
      crypto-trader simulate --fault reply-lost=0.3 --orders 10000
      crypto-trader simulate --kill-every-step
      crypto-trader simulate --seed 7 --through-handlers
      crypto-trader simulate --days 90 --tuner on --events build/quarter.sqlite
    """
    if options["tuner"] == "on":
        return _with_tuner(options)
    if options["kill_every_step"]:
        from entrypoints.simulation.kill_every_step import kill_every_step

        result = kill_every_step(_workers(options), _told)
    else:
        result = _simulate(options)
    result["cpu_seconds"] = round(_cpu_seconds(), 2)
    if options["as_json"]:
        print(json.dumps(result, allow_nan=False))
    else:
        from entrypoints.simulation.terminal import render

        render(result)
    return 1 if result["violations"] else 0


def _simulate(options: dict[str, Any]) -> dict[str, Any]:
    from entrypoints.simulation.batch import SHRUNK, Remembered, run_all, shrink, summary
    from entrypoints.simulation.hostility import asked_rates

    tasks = _tasks(options)
    faults = tasks[0].faults
    asked_rates(faults, 0)  # a fault that does not exist is said before anything runs
    if options["events"] is not None:
        return _kept(tasks, options["events"])
    memory = None
    if options["resume"] is not None:
        key = f"{options['days']:g} days, {faults}, {tasks[0].policy}, {options['settings']}"
        memory = Remembered(options["resume"], key)
    known = {} if memory is None else memory.results
    wanted = [task for task in tasks if task.plan.seed not in known]
    results = [known[task.plan.seed] for task in tasks if task.plan.seed in known]
    for result in run_all(wanted, memory.add if memory else lambda _: None, _workers(options)):
        results.append(result)
        _told(len(results), len(tasks))
    results.sort(key=lambda one: one["seed"])
    total = summary(results, faults)
    if len(results) == 1:
        total["digest"] = results[0]["digest"]
    failed = {one["seed"] for one in results if one["violations_count"]}
    total["failed_seeds"] = sorted(failed)
    total["failures"] = [
        vars_of(shrink(task)) for task in tasks if task.plan.seed in sorted(failed)[:SHRUNK]
    ]
    return total


def vars_of(failure: object) -> dict[str, Any]:
    """A failure as JSON values."""
    import attrs

    return attrs.asdict(failure)  # type: ignore[call-overload]


def _tasks(options: dict[str, Any]) -> list[Task]:
    from entrypoints.simulation.batch import Task

    faults, policy = options["faults"], options["policy"]
    settings, days = list(options["settings"]), options["days"]
    if options["one_fault"] is not None:
        if faults != "all":
            raise ConfigurationError("--fault and --faults: give one of them")
        faults = options["one_fault"]
        policy = "busy" if policy == "drawn" else policy
    if options["orders"] is not None:
        # the breaker would stop buying for hours, and the orders are what is wanted
        settings = ["breaker_losses_in_a_row=1000", "breaker_loss_jpy=1000000000", *settings]
        days = max(days, 3 + options["orders"] / 150)
    plan = _plan(options, days, settings)
    seeds = range(options["seed"], options["seed"] + options["runs"])
    return [
        Task(plan=_with_seed(plan, seed), faults=faults, policy=policy, orders=options["orders"])
        for seed in seeds
    ]


def _with_seed(plan: Plan, seed: int) -> Plan:
    import attrs

    return attrs.evolve(plan, seed=seed)


def _plan(options: dict[str, Any], days: float, settings: list[str]) -> Plan:
    from entrypoints.simulation.world import Plan

    return Plan(
        seed=0,
        days=days,
        instruments=DEFAULT.only(options["pairs"].split(",")) if options["pairs"] else DEFAULT,
        parameters=STANDARD.with_settings(settings),
        cash=Jpy(Decimal(options["cash"])),
        is_through_handlers=options["through_handlers"],
    )


def _kept(tasks: list[Task], path: Path) -> dict[str, Any]:
    """One run whose log is written to a file."""
    from entrypoints.simulation.batch import summary, to_data
    from entrypoints.simulation.engine import run_one
    from entrypoints.simulation.hostility import asked_rates
    from entrypoints.simulation.kept_log import keep

    if len(tasks) > 1:
        raise ConfigurationError("--events keeps the log of one run: leave --runs out")
    (task,) = tasks
    rates = asked_rates(task.faults, task.plan.seed)
    result = run_one(task.drawn, rates, task.orders, finish=lambda world: keep(world, path))
    total = summary([to_data(result)], task.faults)
    return {**total, "digest": result.digest, "failed_seeds": [], "failures": []}


ONE_RUN = {
    "runs": 1,
    "faults": "all",
    "one_fault": None,
    "orders": None,
    "policy": "drawn",
    "kill_every_step": False,
    "through_handlers": False,
    "resume": None,
}
"""What a run with the tuner has no use for, as it is when it was not asked for."""


def _with_tuner(options: dict[str, Any]) -> int:
    from entrypoints.simulation.terminal import render_quarter
    from entrypoints.simulation.tuned_quarter import LEAST_DAYS, run_quarter, to_data

    asked = [name for name, plain in ONE_RUN.items() if options[name] != plain]
    if asked:
        name = asked[0].replace("one_fault", "fault").replace("_", "-")
        raise ConfigurationError(f"--{name} has no meaning with --tuner on: leave it out")
    if options["days"] != int(options["days"]) or options["days"] < LEAST_DAYS:
        raise ConfigurationError(f"--days with --tuner on: whole days, at least {LEAST_DAYS}")
    plan = _plan(options, options["days"], list(options["settings"]))
    quarter = run_quarter(
        options["seed"],
        int(plan.days),
        plan.instruments,
        plan.parameters,
        keep=options["events"],
        told=_told,
    )
    result = to_data(options["seed"], int(plan.days), quarter)
    result["cpu_seconds"] = round(_cpu_seconds(), 2)
    if options["as_json"]:
        print(json.dumps(result, allow_nan=False))
    else:
        render_quarter(result)
    return 0


def _workers(options: dict[str, Any]) -> int:
    return options["workers"] or os.cpu_count() or 1


def _told(done: int, wanted: int) -> None:
    """A line on stderr that overwrites itself, when somebody can see it."""
    if sys.stderr.isatty():
        end = "\n" if done == wanted else "\r"
        print(f"{done} of {wanted}", end=end, file=sys.stderr, flush=True)


def _cpu_seconds() -> float:
    """Of this process and the workers that it has waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
