"""Kill the trader again and again while it trades with the fake exchange over real sockets.

    python -m tests.kills --kills 200 --json

SIGKILL at random moments; every fourth time SIGSTOP instead, and while the process stands still a
second one is started beside it. Then it is left alone for a while, and the log is held against
the exchange's own ledger.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from adapters.clock.fast import FastClock
from adapters.clock.system import SystemClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.exchange.coincheck_fake.api import make_app
from adapters.exchange.coincheck_fake.faults import Faults
from adapters.exchange.coincheck_fake.rules import Terms
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.exchange.simulated.prices import SimulatedPrices
from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, drifting_premium
from adapters.loopback.server import serving
from adapters.sqlite_file import open_log
from application.upkeep.audit_log import LogAuditor
from domain import events as e
from domain.events import Side
from domain.instant import CANDLE
from domain.trading import order as orders
from tests.kills.trader_process import KEY, SECRET, WARM_UP, MarketOfTheVenue, Office, work

SPEED = 900.0
CASH = Decimal(100_000)
RATES = {"reply-lost-after": 0.05, "reply-lost-before": 0.05, "http-502-after": 0.03}
STOPS = 4
"""Every so manieth time the process is stopped, not killed."""


def kill_run(kills: int, folder: Path, *, seed: int = 3, calm_ticks: int = 8) -> dict[str, Any]:
    """The figures of one run: kills survived, and what was found broken."""
    days = 2 + kills * 2.5 * SPEED / 86_400
    clock = FastClock(1_735_689_600_000 + (WARM_UP + 1) * CANDLE, time.monotonic(), SPEED)
    plain = Office(folder=folder, base_url="", clock=clock, seed=seed, days=days)
    prices = SimulatedPrices(
        plain.series(), YenPrice(YenRate.constant(150.0), drifting_premium(seed))
    )
    terms = Terms(parts=2, fills_lag_ms=2_000, balance_lag_ms=500)
    venue = Venue(
        clock=clock.now,
        market=MarketOfTheVenue(prices, plain.instruments),
        cash=CASH,
        terms=terms,
        limited=False,
    )
    faults = Faults(RATES, seed=seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.kills.trader_process"])
    with serving(make_app(venue, {KEY: SECRET}, faults)) as base_url:
        office = Office(folder=folder, base_url=base_url, clock=clock, seed=seed, days=days)
        counts = _torment(context, office, venue, kills, random.Random(seed))
        faults.heal()
        last = _start(context, attrs.evolve(office, is_closing=True))
        for _ in range(60):
            time.sleep(calm_ticks * CANDLE / 1000 / SPEED)
            if not _under_way(office.log):
                break
        last.kill()
        last.join()
        return {**counts, **asyncio.run(_judge(office.log, venue))}


def _start(context, office: Office):
    process = context.Process(target=work, args=(office,), daemon=True)
    process.start()
    return process


def _await_moment(venue: Venue, chance: random.Random) -> None:
    """Any moment, or more often one just after an order has reached the exchange."""
    if chance.random() < 0.3:
        time.sleep(chance.uniform(0.05, 1.0))
        return
    placed, patience = len(venue.history), time.monotonic() + 1.5
    while len(venue.history) == placed and time.monotonic() < patience:
        time.sleep(0.001)
    time.sleep(chance.choice((0, 0.002, 0.01, 0.05)))


def _check(process) -> None:
    if process.exitcode is not None:
        raise RuntimeError(f"the trader ended by itself, with status {process.exitcode}")


def _torment(
    context, office: Office, venue: Venue, kills: int, chance: random.Random
) -> dict[str, int]:
    counts = Counter(killed=0, stopped=0)
    process = _start(context, office)
    while counts["killed"] + counts["stopped"] < kills:
        _await_moment(venue, chance)
        _check(process)
        if (counts["killed"] + counts["stopped"]) % STOPS == STOPS - 1:
            os.kill(process.pid, signal.SIGSTOP)
            counts["stopped"] += 1
            beside = _start(context, office)
            time.sleep(chance.uniform(0.05, 0.8))
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(chance.uniform(0.05, 0.5))
            _check(beside)
            os.kill(beside.pid, signal.SIGKILL)
            beside.join()
        else:
            counts["killed"] += 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        process = _start(context, office)
    process.kill()
    process.join()
    return dict(counts)


def _under_way(log: Path) -> int:
    """Orders that have not ended."""

    async def counted() -> int:
        states = {}
        with contextlib.closing(open_log(log, create=False, read_only=True)) as file:
            async for _, commit in SqliteEventStore(file, SystemClock()).read_all():
                for event in commit.events:
                    if isinstance(event, e.OrderEvent):
                        states[event.order] = orders.apply(states.get(event.order), event)
        return sum(not one.is_final for one in states.values())

    return asyncio.run(counted())


async def _judge(log: Path, venue: Venue) -> dict[str, Any]:
    """The log of a file against itself, and against the exchange's ledger."""
    with contextlib.closing(open_log(log, create=False, read_only=True)) as file:
        return await judge(SqliteEventStore(file, SystemClock()).read_all(), venue)


async def judge(
    commits: AsyncIterator[tuple[int, e.Commit]], venue: Venue, *, cash: Decimal = CASH
) -> dict[str, Any]:
    """A log against itself, and against the exchange's ledger."""
    auditor, broken = LogAuditor(statements=False), []
    known: dict[str, str] = {}
    sent: dict[int, str] = {}
    events = 0
    states: dict[str, orders.Order] = {}
    async for position, commit in commits:
        broken += [str(one) for one in auditor.add(position, commit)]
        for event in commit.events:
            events += 1
            if isinstance(event, e.OrderEvent):
                states[event.order] = orders.apply(states.get(event.order), event)
            if isinstance(event, e.OrderSubmitting):
                sent[event.nonce] = event.order
            if isinstance(event, e.OrderPlaced | e.OrderAdopted):
                known[event.exchange_id] = event.order
    venue.settle()
    placed = Counter(sent.get(one.nonce, f"nonce {one.nonce}") for one in venue.history.values())
    doubled = sum(count - 1 for count in placed.values())
    lost = [one.id for one in venue.history.values() if one.fills and str(one.id) not in known]
    broken += [f"{order} is on the book {n} times" for order, n in placed.items() if n > 1]
    broken += [f"exchange order {number} is forgotten" for number in lost]
    broken += [f"{one.order} is {one.state}" for one in states.values() if not one.is_final]
    broken += _books(list(states.values()), venue, cash)
    return {
        "orders": len(states),
        "placed": len(venue.history),
        "in_doubt": sum(1 for one in states.values() if one.looks),
        "events": events,
        "doubled": doubled,
        "lost": len(lost),
        "violations": len(broken),
        "broken": broken[:20],
    }


def _books(every: list[orders.Order], venue: Venue, cash: Decimal) -> list[str]:
    """Yen and coins by the log's fills against the ledger."""
    broken = []
    yen, coins = cash, Counter()
    for order in every:
        sign = 1 if order.side is Side.BUY else -1
        yen -= sign * order.funds.amount + order.fee.amount
        coins[order.pair.partition("_")[0]] += sign * order.filled_quantity
    held = venue.ledger.held
    held = held() if callable(held) else held
    if held["jpy"].total != yen:
        broken.append(f"the log has {yen} JPY, the exchange {held['jpy'].total}")
    for coin, quantity in coins.items():
        if held[coin].total != quantity:
            broken.append(f"the log has {quantity} {coin}, the exchange {held[coin].total}")
    return broken
