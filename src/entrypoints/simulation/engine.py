"""One run: chaos, crashes and deploys, then healing; judged after every tick."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from adapters.read_models.in_memory import InMemoryReadModels
from adapters.wire_format.digest import RunDigest
from application.errors import OutsideError
from application.messages import AllClear, Trouble
from application.read_models import TABLES
from application.upkeep.rebuild_read_models import rebuild_read_models
from domain import events as e
from domain.instant import CANDLE
from entrypoints.local.trader import Trader
from entrypoints.simulation.findings import Findings, Violation
from entrypoints.simulation.hostility import Crash, Hostility
from entrypoints.simulation.judge_of_orders import JudgeOfOrders
from entrypoints.simulation.judge_of_rules import JudgeOfRules
from entrypoints.simulation.world import AFTER, SETTLING, Plan, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WITHIN = 3
"""Ticks after the last fault in which every order asked for before it has to end (I1)."""
BLINDING = ("price", "log exit")
"""Steps whose faults excuse a stop that was not acted upon in its own tick."""


@attrs.frozen(kw_only=True)
class RunResult:
    """What one run did and what the judges found."""

    seed: int
    days: float
    ticks: int
    orders: int
    trades: int
    events: int
    restarts: int
    digest: str
    faults: dict[tuple[str, str], int]
    resolved_s: list[float]
    in_doubt: int
    doubled: int
    lost: int
    violations: list[Violation]
    violations_count: int


class Engine:
    """Drives one world to its end."""

    def __init__(self, world: World) -> None:
        self.world = world
        plan = world.plan
        self.findings = Findings()
        self._book = JudgeOfOrders(
            world.exchange, plan.instruments, plan.parameters, plan.cash.amount, self.findings
        )
        closes = {
            pair: dict(zip(one.open_time.tolist(), one.close.tolist(), strict=True))
            for pair, one in world.series.items()
        }
        self._rules = JudgeOfRules(self._book, closes, plan.parameters, self.findings)
        self._judged = 0
        self._trader = self._started()
        self.ticks = 0

    async def run(self, orders: int | None = None) -> RunResult:
        """Chaos to the last ticks, then quiet; stops early once so many orders were asked for."""
        world, at = self.world, self.world.start
        quiet = world.end - (SETTLING + AFTER) * CANDLE
        while at <= quiet and (orders is None or len(self._book.orders) < orders):
            await asyncio.sleep(0)  # nothing here ever waits: let an interruption through
            await self.tick(at)
            # a tick that took too long makes up for those it missed: once, at the next boundary
            at = max(at + CANDLE, -(-world.clock.now() // CANDLE) * CANDLE)
        world.hostility.heal()
        left = set(self._book.under_way)
        for settled in range(SETTLING):
            if settled == WITHIN:
                self._book.must_have_ended(left, at)
            await self.tick(at)
            at = max(at + CANDLE, -(-world.clock.now() // CANDLE) * CANDLE)
        return await self._finish()

    async def tick(self, at: int) -> None:
        """One tick of the trader, with whatever happens to it, and the judges after it."""
        world = self.world
        world.clock.move_to(at)
        self._surroundings()
        expected = await self._stops_due()
        before = world.hostility.struck.copy()
        try:
            await self._trader.tick(at)
        except Crash:
            self._restart()
        except OutsideError as error:
            self.findings.add("I11", at, f"a tick ended with {type(error).__name__}: {error}")
        self.ticks += 1
        await self._judge(at)
        self._stops_met(at, expected, before)

    def _surroundings(self) -> None:
        world = self.world
        hostility = world.hostility
        world.our_clock.maybe_step()
        world.exchange.somebody_trades(world.plan.instruments.pairs)
        if hostility.strikes("deploy", "tick"):
            world.is_old = False
            self._restart()

    def _restart(self) -> None:
        """The process is gone with all that it had in memory; a new one starts from the log."""
        self._stop()
        self._trader = self._started()

    def _started(self) -> Trader:
        environment = self.world.program()
        if not self.world.plan.is_through_handlers:
            return Trader(environment.ports())
        from entrypoints.simulation.through_handlers import HandlerTrader

        return HandlerTrader(environment)

    def _stop(self) -> None:
        close = getattr(self._trader, "close", None)
        if close is not None:
            close()

    async def _stops_due(self) -> list[str]:
        """Pairs of open positions whose price is at or under the stop now (I5)."""
        world, busy = self.world, {one.pair for one in self._book.under_way.values()}
        due = []
        limit = world.plan.parameters.entry_disbelief_pct
        for held in self._book.open_positions():
            if held.pair in busy or self._book.is_quarantined(held.pair):
                continue
            price = world.prices.last(held.pair, world.clock.now())
            if price is None or price > held.stop.amount:
                continue
            off = abs(price - held.entry.amount) / price * 100
            if float(off) <= limit:
                due.append(held.pair)
        return due

    def _stops_met(
        self, at: int, expected: list[str], before: Mapping[tuple[str, str], int]
    ) -> None:
        if not expected:
            return
        struck = self.world.hostility.struck - before  # type: ignore[operator]
        if any(step in BLINDING or kind.startswith("crash") for kind, step in struck):
            return
        for pair in expected:
            if (pair, at) not in self._rules.requested:
                self.findings.add("I5", at, f"{pair} is under its stop and was not sold")

    async def _judge(self, at: int) -> None:
        async for position, commit in self.world.store.read_all(self._judged):
            self._judged = position
            self._rules.see_envelope(commit)
            for event in commit.events:
                if isinstance(event, e.OrderEvent | e.PositionEvent):
                    self._book.see(event, commit.at)
                self._rules.see(event, commit)
        self._book.after_tick(at)

    async def _finish(self) -> RunResult:
        self._stop()
        world, now = self.world, self.world.clock.now()
        await self._compare_tables(now)
        lost = self._book.at_end(now)
        self._hear(now)
        digest, events = RunDigest(), 0
        for commit in world.store.commits:
            digest.add(commit)
            events += len(commit.events)
        book = self._book
        return RunResult(
            seed=world.plan.seed,
            days=world.plan.days,
            ticks=self.ticks,
            orders=len(book.orders),
            trades=len(book.positions) - len(book.open_positions()),
            events=events,
            restarts=world.restarts - 1,
            digest=digest.hexdigest(),
            faults=dict(world.hostility.struck),
            resolved_s=book.resolved_s,
            in_doubt=book.doubts,
            doubled=book.doubled,
            lost=lost,
            violations=self.findings.violations,
            violations_count=self.findings.count,
        )

    def _hear(self, at: int) -> None:
        """Incident 17: one alert, then quiet, until an all-clear."""
        for said in self.world.said:
            failing = set()
            for message in said:
                if isinstance(message, AllClear):
                    failing.discard(message.name)
                elif isinstance(message, Trouble):
                    if message.name in failing:
                        self.findings.add("I11", at, f"told again: {message.name} fails")
                    failing.add(message.name)

    async def _compare_tables(self, at: int) -> None:
        """I7: rebuilt from the log, every table is what it is."""
        rebuilt = InMemoryReadModels(self.world.our_clock)
        await rebuild_read_models(store=self.world.store, tables=rebuilt)
        for table in TABLES:
            live = await self.world.tables.everything(table)
            again = await rebuilt.everything(table)
            if list(live) != list(again):
                self.findings.add("I7", at, f"table {table.name} differs from the log")


def run_one(
    plan: Plan,
    rates: Mapping[str, float],
    orders: int | None = None,
    finish: Callable[[World], None] | None = None,
) -> RunResult:
    """Run a plan under these rates of faults, at most until so many orders were asked for.

    `finish` is given the world as the run left it.
    """
    plan = attrs.evolve(plan, price_gap=rates.get("price-gap", 0.0))
    world = World(plan, lambda clock: Hostility(plan.seed, rates, clock))
    result = asyncio.run(Engine(world).run(orders))
    if finish is not None:
        finish(world)
    return result
