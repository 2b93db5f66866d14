"""How fast the SQLite log is written and replayed, beside a plain loop in the same process.

    PYTHONPATH=src python benchmarks/log.py --events 765000

The mix is that of a year of backtest: commits of six candles, commits of an analysis (six
signals and a decision), single events in thousands of order and position streams. Times are
CPU seconds of this process; quote the ratios, as they hold on other machines too.
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

import attrs

import domain.events as e
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.sqlite_file import open_log
from adapters.wire_format.decode import decode_events
from adapters.wire_format.encode import encode_events
from application.ports.event_store import EventStore
from domain.money import Jpy

P = ParamSpec("P")
T = TypeVar("T")
START = 1_700_000_000_000
PAIRS = ("BTCUSDT", "ETHUSDT", "XRPUSDT", "SOLUSDT", "DOGEUSDT", "AVAXUSDT")


def prices(tick: int) -> tuple[e.Event, ...]:
    """Six candles of one tick."""
    at = START + tick * 300_000
    base = 1000.0 + tick % 977 * 0.37
    return tuple(
        e.PriceCollected(
            e.Candle(p, at, base + i, base + i + 1.25, base + i - 1.75, base + i + 0.31, 1234.567)
        )
        for i, p in enumerate(PAIRS)
    )


def analysis(number: int) -> tuple[e.Event, ...]:
    """Six signals and the decision."""
    name = f"a{number}"
    x = number % 991 * 0.001
    reading = e.TechnicalReading(
        x, 336, START, 1000.5 + x, 55.1 + x, 1.25 + x, 1.1 + x, 0.15 + x, 0.25, 999.5 + x, 998.25,
        1020.5 + x, 1000.1, 980.5 + x, 0.04, 22.5 + x, 3.5 + x, "trend", 1.0, 0.1, 0.1, 0.05, 0.05,
    )  # fmt: skip
    forecast = e.ForecastReading(x, 0.5, "momentum", "no model", 12, None)
    signals = tuple(
        e.SignalScored(
            name, pair, x, e.Components(x, 0.1, None, None), e.Weights(0.45, 0.25, 0.15, 0.15),
            0.0, e.Thresholds(0.28, -0.15, 1.0, 1.0), reading, forecast, None, None,
        )
        for pair in PAIRS
    )  # fmt: skip
    refusal = e.Refusal("BTCUSDT", "threshold", x, ">=", 0.28)
    return (*signals, e.DecisionMade(name, e.Action.HOLD, (), PAIRS, (), (refusal,)))


def single(number: int) -> tuple[str, int, e.Event]:
    """One event of one of thousands of streams: requested, placed, then the peak of a position."""
    order, turn = divmod(number, 3)
    name = f"o{order:06}"
    if turn == 0:
        return f"order/{name}", 1, e.OrderRequested(
            name, "BTCUSDT", e.Side.BUY, e.Reason.SIGNAL, "a1", 0.31, None, START
        )  # fmt: skip
    if turn == 1:
        return f"order/{name}", 2, e.OrderPlaced(name, "BTCUSDT", f"x{order}")
    peak = Jpy(Decimal(15_000_000 + number))
    return f"position/{name}", 1, e.PeakRaised(name, "BTCUSDT", peak)


def workload(events: int) -> Iterator[e.Commit]:
    """Commits with so many events in all: 82.4 % candles, 8 % analyses, the rest single."""
    ticks = events * 105_120 // 765_000
    every = 12  # 105,120 ticks and 8,740 analyses
    singles_per_tick = (events - ticks * 6 - ticks // every * 7) / max(ticks, 1)
    done, owed, scored = 0, 0.0, 0
    for tick in range(ticks):
        at = START + tick * 300_000
        yield e.Commit("ticks", 1 + tick * 6, prices(tick), at, f"tick/{at}", "", "bench")
        if tick % every == every - 1:
            name = f"a{scored}"
            yield e.Commit(
                f"analysis/{name}", 1, analysis(scored), at, name, f"ticks@{1 + tick * 6}", "bench"
            )
            scored += 1
        owed += singles_per_tick
        while owed >= 1:
            stream, version, event = single(done)
            yield e.Commit(stream, version, (event,), at, "a1", "", "bench")
            done, owed = done + 1, owed - 1


class Stopwatch:
    """CPU seconds by name, summed over the pieces of a run."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def time(self, name: str, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Run one piece, add what it took, give its result."""
        start = time.process_time()
        result = work(*given, **named)
        self.seconds[name] += time.process_time() - start
        return result


def plain_table(path: Path) -> sqlite3.Connection:
    """What the plain loop writes to: one row for every event."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE events (stream, version, body, PRIMARY KEY (stream, version))")
    return connection


def plain_append(connection: sqlite3.Connection, ready: Sequence[tuple[str, int, object]]) -> None:
    """json.dumps and one INSERT for every event."""
    for stream, version, data in ready:
        body = json.dumps(data, default=str)
        connection.execute("INSERT INTO events VALUES (?, ?, ?)", (stream, version, body))
    connection.commit()


def plain_replay(connection: sqlite3.Connection) -> None:
    """json.loads of every row."""
    for (body,) in connection.execute("SELECT body FROM events ORDER BY rowid"):
        json.loads(body)


def encode_all(commits: Sequence[e.Commit]) -> list[bytes]:
    """The body of each commit."""
    return [encode_events(one.events) for one in commits]


def decode_all(bodies: Sequence[bytes]) -> None:
    """Read each body and drop it."""
    for body in bodies:
        decode_events(body)


async def append_all(store: EventStore, commits: Sequence[e.Commit]) -> None:
    """Each commit in an append of its own, as a backtest does."""
    for one in commits:
        await store.append((one,))


async def replay_all(store: EventStore) -> Counter[type]:
    """How many events of each kind the log tells of."""
    seen: Counter[type] = Counter()
    async for _, commit in store.read_all():
        for event in commit.events:
            seen[event.__class__] += 1
    return seen


def memory_replay(events: int) -> float:
    """Events a second out of the log of a run that is kept in memory."""
    store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
    loop = asyncio.new_event_loop()
    pieces = workload(events)
    while piece := list(islice(pieces, 100)):
        loop.run_until_complete(append_all(store, piece))
    watch = Stopwatch()
    seen = watch.time("replay", loop.run_until_complete, replay_all(store))
    loop.close()
    return seen.total() / watch.seconds["replay"]


def measure(events: int, folder: Path) -> dict[str, float]:
    """All figures of one run.

    The workload is made piece by piece between the measured parts: a backtest appends events
    that it has just made, and a year of them lying in memory would measure the memory.
    """
    watch = Stopwatch()
    file = open_log(folder / "log.sqlite", create=True, durable=False)
    store = SqliteEventStore(file, SimulatedClock())
    plain = plain_table(folder / "plain.sqlite")
    loop = asyncio.new_event_loop()
    count = number = 0
    pieces = workload(events)
    while piece := list(islice(pieces, 100)):
        bodies = watch.time("encode", encode_all, piece)
        watch.time("decode", decode_all, bodies)
        watch.time("append", loop.run_until_complete, append_all(store, piece))
        ready = [
            (one.stream, one.version + at, attrs.asdict(event))
            for one in piece
            for at, event in enumerate(one.events)
        ]
        watch.time("plain append", plain_append, plain, ready)
        count += len(ready)
        number += len(piece)
    watch.time("append", store.flush)
    seen = watch.time("replay", loop.run_until_complete, replay_all(store))
    watch.time("plain replay", plain_replay, plain)
    loop.close()
    store.close()
    plain.close()
    if seen.total() != count:
        raise SystemExit(f"{count} events were appended and {seen.total()} replayed")
    took = watch.seconds
    return {
        "events": count,
        "commits": number,
        "bytes_per_event": round((folder / "log.sqlite").stat().st_size / count, 1),
        "encode_ns_per_event": round(took["encode"] / count * 1e9),
        "decode_ns_per_event": round(took["decode"] / count * 1e9),
        "append_cpu_s": round(took["append"], 2),
        "replay_cpu_s": round(took["replay"], 2),
        "append_events_per_second": round(count / took["append"]),
        "replay_events_per_second": round(count / took["replay"]),
        "memory_replay_events_per_second": round(memory_replay(events)),
        "append_to_plain_loop": round(took["plain append"] / took["append"], 2),
        "replay_to_plain_loop": round(took["plain replay"] / took["replay"], 2),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=765_000, help="events in the log")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(arguments.events, Path(folder)), indent=1))


if __name__ == "__main__":
    main()
