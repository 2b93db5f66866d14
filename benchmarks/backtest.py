"""W1 through the product's own use cases, with every candle an event and the whole log kept.

    python benchmarks/backtest.py [--json] [--fraction 1.0] [--log memory|sqlite] [--profile]

`cpu_seconds` is user and system time of this whole process; `net_cpu_seconds` is that less
`start_up_cpu_seconds`, which the same program takes in a process of its own for 1 % of the
candles. `candles_per_second` counts the whole process, `candles_per_second_net` the net time.
`make bench` sets all of it beside a plain loop and the peers.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from adapters.exchange.simulated.matching import FillAssumptions
from application.read_models import POSITIONS
from benchmarks import w1
from benchmarks.market_file import DATA, made
from domain.instant import CANDLE
from entrypoints.backtest.drive import World, drive
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from collections.abc import Callable

START_UP = 0.01


def environment(bars: int, data: Path) -> Environment:
    """W1's market and rules behind the ports: no spread, no slippage, no fee, the next price."""
    series = w1.series(w1.load(data, bars))
    zero = Decimal(0)
    return in_memory(
        series=series,
        yen=w1.Yen(),
        instruments=w1.INSTRUMENTS,
        parameters=w1.PARAMETERS,
        policy=w1.POLICY,
        cash=w1.CASH,
        price_decimals=providers.Object(None),
        scored_ahead=dict.fromkeys(series, w1.due_candles(bars)),
        terms=providers.Object(FillAssumptions(spread=zero, slippage=zero, fee=zero, latency_ms=1)),
    )


def run(fraction: float, log: Path | None, data: Path) -> tuple[dict[str, object], Environment]:
    """One run of a share of the year, its log in memory or in a file that is closed at the end."""
    bars = max(int(w1.BARS * fraction), w1.WARM_UP + 24)
    container = environment(bars, data)
    with ExitStack() as stack:
        if log is not None:
            from entrypoints.wiring.log_file import research_log

            store = stack.enter_context(research_log(log, container.tables()))
            container.event_store.override(providers.Object(store))
        ports = container.ports()
        world = World(
            clock=container.clock(),
            exchange=container.exchange(),
            prices=container.prices(),
            yen=container.yen(),
        )
        gc.freeze()
        gc.disable()  # events are kept to the end and hold no cycles: there is nothing to collect
        trader, sampler = asyncio.run(
            drive(ports, world, w1.START + CANDLE, w1.START + bars * CANDLE)
        )
        curve, _ = sampler.curve()
        rows = asyncio.run(container.tables().everything(POSITIONS))
    found: dict[str, object] = {
        "engine": "crypto-trader",
        "log": "memory" if log is None else "sqlite",
        "candles": bars * len(w1.SYMBOLS),
        "trades": sum(row.closed is not None for row in rows),
        "open": sum(row.open is not None for row in rows),
        "equity": round(float(curve.equity[-1]), 2),
        "analyses": trader.analyses,
    }
    return found, container


def counted(log: Path | None, container: Environment) -> int:
    """Events on the log, counted after the run and not as a part of it."""
    if log is None:
        return sum(len(commit.events) for commit in container.event_store().commits)
    with closing(sqlite3.connect(log)) as file:
        row = file.execute("SELECT sum(last_version - version + 1) FROM commits").fetchone()
    return int(row[0])


def measured(fraction: float, log: str, data: Path) -> dict[str, object]:
    """What one run found, and what this process took for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w1.sqlite" if log == "sqlite" else None
        result, container = run(fraction, path, data)
        cpu = time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result["events"] = counted(path, container)
    result["cpu_seconds"] = round(cpu, 3)
    result["peak_mb"] = round(peak, 1)
    result["candles_per_second"] = round(int(str(result["candles"])) / cpu)
    return result


def start_up_seconds(log: str, data: Path) -> float:
    """CPU seconds of this same program on 1 % of the candles."""
    words = ["--json", "--fraction", str(START_UP), "--log", log, "--data", str(data)]
    done = subprocess.run(
        [sys.executable, __file__, *words, "--no-startup"], check=True, capture_output=True
    )
    return float(json.loads(done.stdout)["cpu_seconds"])


def with_net(result: dict[str, object], log: str, data: Path) -> dict[str, object]:
    """The result and what is left of it without the start-up; noise may leave nothing."""
    start_up = start_up_seconds(log, data)
    net = float(str(result["cpu_seconds"])) - start_up
    return result | {
        "start_up_cpu_seconds": round(start_up, 3),
        "net_cpu_seconds": round(net, 3),
        "candles_per_second_net": round(int(str(result["candles"])) / net) if net > 0 else None,
    }


STAGES = (
    "collect_prices",
    "closed_candles",
    "watch_positions",
    "score_technical",
    "decide_trades",
    "execute_order",
    "rows_of",
    "append",
    "sample",
)


def show_profile(work: Callable[[], object]) -> None:
    """Which share of a run each stage takes, what it calls included; then the 25 costliest."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(work)
    stats = pstats.Stats(profile)
    times = stats.stats  # type: ignore[attr-defined]
    whole = max(row[3] for key, row in times.items() if key[2] == "drive")
    print("share of the run, under the profiler, with what it calls:")
    for name in STAGES:
        spent = max((row[3] for key, row in times.items() if key[2] == name), default=0.0)
        print(f"{name:>22}  {spent / whole:5.0%}")
    stats.sort_stats("tottime").print_stats(25)


def arguments() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the year")
    parser.add_argument("--log", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--data", type=Path, default=DATA, help="W1's candles (made if missing)")
    parser.add_argument("--no-startup", action="store_true", help="do not measure the start-up")
    parser.add_argument("--profile", action="store_true", help="where the time goes (memory log)")
    return parser.parse_args()


def main() -> None:
    """Parse, run, print."""
    args = arguments()
    made(args.data)
    if args.profile:
        show_profile(lambda: run(args.fraction, None, args.data))
        return
    result = measured(args.fraction, args.log, args.data)
    if not args.no_startup:
        result = with_net(result, args.log, args.data)
    if args.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:>22}  {value}")
    sys.stdout.flush()
    os._exit(0)  # taking millions of events apart is no part of any run


if __name__ == "__main__":
    main()
