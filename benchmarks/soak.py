"""Does a trader's memory stay flat? A paper trader against all fakes, in bad weather, for a week.

    python benchmarks/soak.py --days 7 --json

The clock goes as fast as the machine. Everything is in one process, fakes included. Per simulated
day: resident memory, size of the log, CPU ms a tick. `growth_mb_a_day` is the slope of a straight
line through the second half of the run: caches fill in the first. Reads /proc: Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from adapters.clock.simulated import SimulatedClock
from benchmarks.processes import note
from domain.instant import DAY
from entrypoints.fakes.services import FakeMarket, FakeServices, fake_services
from entrypoints.local.session import Session, trade
from entrypoints.wiring.at_home import PAPER, Haste, at_home
from entrypoints.wiring.settings import Settings

STATUS = Path("/proc/self/status")
SPEED = 300.0
"""Waiting for a service is cut as short as with a clock of this speed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not STATUS.exists():
        note("skipped: memory is read from /proc, which this system does not have")
        return
    found = soak(options.days, options.seed)
    if options.json:
        print(json.dumps(found))
        return
    for row in found["days"]:
        print(
            "day {day:5.2f}  {rss_mb:7.1f} MB  log {log_mb:6.2f} MB  {cpu_ms:6.1f} ms/tick".format(
                **row
            )
        )
    print(
        f"{found['ticks']} ticks, {found['outages']} outages, {found['errors']} errors; "
        f"{found['growth_mb_a_day']:+.2f} MB a day in the second half"
    )


def soak(days: float, seed: int) -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        given = Settings(_env_file=None)
        general = given.general.model_copy(update={"folder": Path(folder)})
        settings = given.model_copy(update={"general": general})
        market = FakeMarket(settings, seed)
        clock = SimulatedClock(market.first)
        with fake_services(settings, market, clock=clock, seed=seed) as world:
            gauge = _Gauge(Path(folder) / "paper.sqlite", market.first)
            session = asyncio.run(_run(world, clock, days, gauge))
            outages = len(world.weather.had)
    later = [row for row in gauge.rows if row["day"] >= days / 2]
    slope = 0.0
    if len(later) > 1:
        line = statistics.linear_regression(
            [row["day"] for row in later], [row["rss_mb"] for row in later]
        )
        slope = line.slope
    return {
        "days": gauge.rows,
        "ticks": session.ticks,
        "errors": session.errors,
        "outages": outages,
        "growth_mb_a_day": round(slope, 3),
    }


async def _run(world: FakeServices, clock: SimulatedClock, days: float, gauge: _Gauge) -> Session:
    async def before(at: int) -> None:
        world.weather.turn(at)
        gauge.look(at)

    until = clock.now() + round(days * DAY)
    async with at_home(
        world.settings, account=PAPER, clock=clock, haste=Haste(speed=SPEED), is_quiet=True
    ) as home:
        return await trade(
            home, stop=asyncio.Event(), until=until, is_shown=False, before_tick=before
        )


class _Gauge:
    """Looks at this process every quarter of a simulated day."""

    def __init__(self, log: Path, start: int) -> None:
        self._log = log
        self._start = start
        self._due = start
        self._ticks, self._cpu = 0, time.process_time()
        self.rows: list[dict[str, Any]] = []

    def look(self, at: int) -> None:
        self._ticks += 1
        if at < self._due:
            return
        self._due = at + DAY // 4
        gc.collect()
        cpu = time.process_time()
        self.rows.append(
            {
                "day": round((at - self._start) / DAY, 2),
                "rss_mb": round(_resident_mb(), 1),
                "log_mb": round(self._log.stat().st_size / 2**20, 2),
                "cpu_ms": round((cpu - self._cpu) * 1000 / self._ticks, 1),
            }
        )
        note(f"day {self.rows[-1]['day']}: {self.rows[-1]['rss_mb']} MB")
        self._ticks, self._cpu = 0, cpu


def _resident_mb() -> float:
    for line in STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"{STATUS} has no VmRSS")


if __name__ == "__main__":
    main()
