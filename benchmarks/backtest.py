"""W1 through the product's own use cases, with every candle an event and the whole log kept.

    python benchmarks/backtest.py [--json] [--fraction 1.0] [--log memory|sqlite]

Prints this process's CPU seconds (user and system), and the net ones: without what the same
process takes for 1 % of the candles. `make bench` sets them beside a plain loop and the peers.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from adapters.exchange.simulated.matching import FillAssumptions
from application.read_models import POSITIONS
from benchmarks import w1
from domain.instant import CANDLE
from entrypoints.backtest.drive import World, drive
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

DATA = ROOT / "build" / "bench" / "w1.npz"
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


def run(fraction: float, log: Path | None, data: Path) -> dict[str, object]:
    """One run of a share of the year, its log in memory or in a file."""
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
        events = asyncio.run(count(ports.log.store)) if log is None else None
    return {
        "engine": "crypto-trader",
        "log": "memory" if log is None else "sqlite",
        "candles": bars * len(w1.SYMBOLS),
        "trades": sum(row.closed is not None for row in rows),
        "open": sum(row.open is not None for row in rows),
        "equity": round(float(curve.equity[-1]), 2),
        "analyses": trader.analyses,
        "events": events,
    }


async def count(store) -> int:
    """Events on a log."""
    return sum([len(commit.events) async for _, commit in store.read_all()])


def made(data: Path) -> None:
    """Make the market in a process of its own, which is not measured."""
    if not data.exists():
        script = "import sys; from pathlib import Path; from benchmarks import w1; "
        script += "w1.load(Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", script, str(data)], check=True, cwd=ROOT)


def start_up_seconds(log: str, data: Path) -> float:
    """CPU seconds of this same program on 1 % of the candles."""
    words = ["--json", "--fraction", str(START_UP), "--log", log, "--data", str(data)]
    done = subprocess.run(
        [sys.executable, __file__, *words, "--no-startup"], check=True, capture_output=True
    )
    return float(json.loads(done.stdout)["cpu_seconds"])


STAGES = (
    "collect_prices",
    "closed_candles",
    "watch_positions",
    "score_technical",
    "decide_trades",
    "execute_order",
    "append",
    "sample",
)


def show_stages(fraction: float, data: Path) -> None:
    """Which share of the run each stage takes, what it calls included (under the profiler)."""
    import cProfile
    import pstats

    profile = cProfile.Profile(builtins=False)
    profile.runcall(run, fraction, None, data)
    times = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent = {name: [row[3] for key, row in times.items() if key[2] == name] for name in STAGES}
    whole = max(row[3] for key, row in times.items() if key[2] == "drive")
    for name, seconds in spent.items():
        print(f"{name:>22}  {max(seconds, default=0.0) / whole:5.0%}")


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the year")
    parser.add_argument("--log", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--data", type=Path, default=DATA, help="W1's candles (made if missing)")
    parser.add_argument("--no-startup", action="store_true", help="do not measure the start-up")
    parser.add_argument("--profile", action="store_true", help="where the time goes, by stage")
    args = parser.parse_args()
    made(args.data)
    if args.profile:
        show_stages(args.fraction, args.data)
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "w1.sqlite" if args.log == "sqlite" else None
        result = run(args.fraction, log, args.data)
    cpu = time.process_time()
    result["cpu_seconds"] = round(cpu, 3)
    result["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    if not args.no_startup:
        start_up = start_up_seconds(args.log, args.data)
        net = max(cpu - start_up, 1e-9)
        result["start_up_cpu_seconds"] = round(start_up, 3)
        result["net_cpu_seconds"] = round(net, 3)
        result["candles_per_second"] = round(int(str(result["candles"])) / net)
    if args.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:>22}  {value}")
    sys.stdout.flush()
    os._exit(0)  # taking millions of events apart is no part of any run


if __name__ == "__main__":
    main()
