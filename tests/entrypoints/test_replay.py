"""A log decided again: everything equal, and a changed parameter or event noticed."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application import policy
from domain import events as e
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.replay.verify import verify
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.hostility import drawn_rates
from entrypoints.simulation.kept_log import keep
from entrypoints.simulation.world import Plan
from tests.entrypoints.test_commands import run


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hostile third of a day under the owner's policy."""
    path = tmp_path_factory.mktemp("replay") / "e.sqlite"
    plan = Plan(
        seed=4, days=0.5, instruments=DEFAULT, parameters=STANDARD, cash=Jpy(Decimal(100_000))
    )
    run_one(plan, drawn_rates(4), finish=lambda world: keep(world, path))
    return path


def told(*words: str, status: int = 0) -> dict:
    return json.loads(run("replay", *words, "--json", status=status).stdout)


def test_every_decision_of_a_hostile_run_comes_out_again_to_the_bit(log: Path) -> None:
    found = told(str(log), "--verify")
    assert found["decisions"] == found["equal"] > 50
    assert found["fills"] > 0
    assert 0 < found["max_bp"] < 500
    assert found["differences"] == []


def test_another_parameter_changes_decisions_and_the_status_says_so(log: Path) -> None:
    found = told(str(log), "--verify", "--set", "buy_threshold=0.9", status=1)
    assert found["equal"] < found["decisions"]
    assert "buy" in json.dumps(found["differences"][0])
    assert told(str(log), "--set", "buy_threshold=0.9")["equal"] == found["equal"]


def test_a_human_reads_the_same(log: Path) -> None:
    assert "decisions are equal" in run("replay", str(log)).stdout


def test_one_changed_digit_of_a_score_is_found() -> None:
    plan = Plan(
        seed=6, days=0.1, instruments=DEFAULT, parameters=STANDARD, cash=Jpy(Decimal(100_000))
    )
    commits: list[e.Commit] = []
    run_one(plan, {}, finish=lambda world: commits.extend(world.store.commits))

    def changed(event: e.Event) -> e.Event:
        if isinstance(event, e.SignalScored) and event.pair == "xrp_usdt":
            return attrs.evolve(event, total=event.total + 1e-12)
        return event

    async def verified() -> tuple[int, int, str]:
        store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
        done = False
        for commit in commits:
            if commit.stream.startswith("analysis/") and not done:
                done = True
                commit = attrs.evolve(commit, events=tuple(map(changed, commit.events)))  # noqa: PLW2901
            await store.append((commit,))
        found = await verify(store, policy=policy.STANDARD, parameters=STANDARD)
        return found.decisions, found.equal, found.differences[0].recorded

    decisions, equal, difference = asyncio.run(verified())
    assert equal == decisions - 1
    assert "xrp_usdt total" in difference


class FromTheMiddle(InMemoryEventStore):
    """Positions that tell the time, as a log in the cloud has them."""

    def place_of(self, at: int) -> int:
        return sum(one.at < at for one in self.commits)


def test_a_log_may_be_read_from_its_middle() -> None:
    plan = Plan(
        seed=5,
        days=0.3,
        instruments=DEFAULT,
        parameters=STANDARD,
        cash=Jpy(Decimal(100_000)),
        is_busy=True,
    )
    commits: list[e.Commit] = []
    run_one(plan, {}, finish=lambda world: commits.extend(world.store.commits))
    fills = [one.at for one in commits for event in one.events if isinstance(event, e.OrderFilled)]
    middle = fills[len(fills) // 2]
    analyses = [one for one in commits if one.stream.startswith("analysis/") and one.at >= middle]

    async def verified(reach: int) -> tuple[int, int]:
        store = FromTheMiddle(InMemoryReadModels(SimulatedClock()))
        for commit in commits:
            await store.append((commit,))
        found = await verify(
            store, policy=policy.STANDARD, parameters=STANDARD, since=middle, reach=reach
        )
        return found.decisions, found.fills

    decisions, whole = asyncio.run(verified(0))
    assert decisions == len(analyses) > 5
    # orders and positions that began before are passed over, not stumbled upon
    again, some = asyncio.run(verified(middle))
    assert again == decisions
    assert 0 < some <= whole
