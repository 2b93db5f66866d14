"""A short day at the office, in which the process dies at every step there is.

The story has all that can be interrupted: a buy whose answer is lost, a buy that never arrives,
parts that come one by one, a stop that is hit, a sale by signal. Every crash point is taken once,
then every two together, then every one followed by another while the program recovers.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from domain.instant import CANDLE, DAY
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.simulation.engine import Engine
from entrypoints.simulation.hostility import Crash, Hostility
from entrypoints.simulation.world import Plan, Surroundings, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adapters.clock.simulated import SimulatedClock

TICKS = 6
LOST_AT = {1: "reply-lost", 3: "request-lost"}
"""Which order of the story meets which fault on its way."""
RECOVERY = 40
"""Steps after a restart at which the process dies again."""

PLAN = Plan(
    seed=11,
    days=TICKS * CANDLE / DAY,
    instruments=DEFAULT.only(["ETH", "SOL"]),
    parameters=STANDARD.with_settings(
        [
            "technical_candles=50",
            "forecast_candles=50",
            "technical_min_candles=40",
            "min_hold_s=900",
            "stop_loss_pct=0.3",
        ]
    ),
    cash=Jpy(Decimal(100_000)),
    is_busy=True,
)


class Killer(Hostility):
    """Dies at given steps, counted from the start, and plays the story's own two mishaps."""

    def __init__(self, points: Iterable[int], clock: SimulatedClock) -> None:
        super().__init__(0, {}, clock)
        self._points = frozenset(points)
        self._sent = 0
        self.count = 0

    def die(self, moment: str, step: str) -> None:
        """Crash if this is one of the steps."""
        if not self.awake:
            return
        self.count += 1
        if self.count in self._points:
            self.struck[f"crash-{moment}", step] += 1
            raise Crash(f"{moment} {step}")

    def strikes(self, kind: str, step: str) -> bool:
        """The story's mishaps, by the number of the order that is sent."""
        if kind == "request-lost":
            self._sent += 1
        if LOST_AT.get(self._sent) == kind and self.awake:
            self.struck[kind, step] += 1
            return True
        return False


@attrs.frozen
class Case:
    """Where to die, and whether the same tick is begun again at once."""

    points: tuple[int, ...]
    again: bool


class _Restarting(Engine):
    """Begins the tick again after a crash: what a supervisor or a redelivery does."""

    async def tick(self, at: int) -> None:
        """One tick, as often as it takes."""
        while True:
            restarts = self.world.restarts
            await super().tick(at)
            if self.world.restarts == restarts:
                return


def play(case: Case, surroundings: Surroundings) -> tuple[int, list[str]]:
    """The story with these deaths: (steps taken in all, broken promises)."""
    killers: list[Killer] = []

    def killer(clock: SimulatedClock) -> Hostility:
        killers.append(Killer(case.points, clock))
        return killers[0]

    world = World(PLAN, killer, surroundings)
    engine = _Restarting(world) if case.again else Engine(world)
    result = asyncio.run(engine.run())
    return killers[0].count, [f"{case.points}: {one}" for one in result.violations]


def _play_all(cases: Sequence[Case]) -> list[str]:
    surroundings = Surroundings(PLAN)
    return [said for case in cases for said in play(case, surroundings)[1]]


def cases(points: int) -> tuple[list[Case], list[Case], list[Case]]:
    """(single deaths, every two of them, every one and another while it recovers)."""
    every = range(1, points + 1)
    single = [Case((one,), False) for one in every]
    pairs = [Case((one, other), False) for one in every for other in range(one + 1, points + 1)]
    recovery = [Case((one, one + later), True) for one in every for later in range(1, RECOVERY + 1)]
    return single, pairs, recovery


def kill_every_step(workers: int, told: Callable[[int, int], None]) -> dict[str, Any]:
    """All of it over so many processes; the figures and what was broken."""
    points, broken = play(Case((), False), Surroundings(PLAN))
    single, pairs, recovery = cases(points)
    every = [*single, *pairs, *recovery]
    size = 100
    parts = [every[at : at + size] for at in range(0, len(every), size)]
    done = 0
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for said in pool.map(_play_all, parts):
            broken += said
            done += 1
            told(min(done * size, len(every)), len(every))
    return {
        "points": points,
        "pairs": len(pairs),
        "in_recovery": len(recovery),
        "violations": len(broken),
        "broken": broken[:20],
    }
