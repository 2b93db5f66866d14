"""W1 through the product's own use cases, with every candle an event and the whole log kept.

    python benchmarks/backtest.py [--json] [--fraction 1.0] [--log memory|sqlite]

Prints the run's own figures; `make bench` sets them beside a plain loop and the peers.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from dependency_injector import providers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import w1
from domain.instant import CANDLE
from entrypoints.backtest.drive import World, drive
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.in_memory import in_memory

DATA = Path("build/bench/w1.npz")


def run(fraction: float, log: Path | None, data: Path) -> dict[str, object]:
    """One run; CPU seconds are those of this process so far."""
    bars = max(int(w1.BARS * fraction), w1.WARM_UP + 24)
    series = w1.series(w1.load(data, bars))
    container = in_memory(
        series=series,
        yen=w1.Yen(),
        instruments=w1.INSTRUMENTS,
        parameters=w1.PARAMETERS,
        policy=w1.POLICY,
        cash=w1.CASH,
        price_decimals=providers.Object(None),
        scored_ahead=dict.fromkeys(series, w1.due_candles(bars)),
        terms=free_terms(),
    )
    if log is not None:
        from entrypoints.wiring.log_file import research_log

        container.event_store.override(research_log(log, container.tables()))
    loaded = time.process_time()
    ports = container.ports()
    world = World(
        clock=container.clock(),
        exchange=container.exchange(),
        prices=container.prices(),
        yen=container.yen(),
    )
    end = w1.START + bars * CANDLE
    gc.freeze()
    gc.disable()  # events are kept to the end and hold no cycles: there is nothing to collect
    trader, sampler = asyncio.run(drive(ports, world, w1.START + CANDLE, end))
    done = time.process_time()
    curve, _ = sampler.curve()
    trades = sum(
        row.closed is not None for row in asyncio.run(positions(container))
    )
    return {
        "candles": bars * len(series),
        "trades": trades,
        "equity": round(float(curve.equity[-1]), 2),
        "analyses": trader.analyses,
        "events": sum(len(one.events) for one in getattr(ports.log.store, "commits", ())),
        "load_cpu_seconds": round(loaded, 3),
        "run_cpu_seconds": round(done - loaded, 3),
        "cpu_seconds": round(done, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


async def positions(container: Environment):
    """All rows of the positions table."""
    from application.read_models import POSITIONS

    return await container.tables().everything(POSITIONS)


def free_terms():
    """No spread, no slippage, no fee, the next price."""
    from decimal import Decimal

    from adapters.exchange.simulated.matching import FillAssumptions

    zero = Decimal(0)
    return FillAssumptions(spread=zero, slippage=zero, fee=zero, latency_ms=1)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the year")
    parser.add_argument("--log", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--data", type=Path, default=DATA, help="W1's candles (made if missing)")
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    if args.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(run, args.fraction, None, args.data)
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "w1.sqlite" if args.log == "sqlite" else None
        result = run(args.fraction, log, args.data)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
