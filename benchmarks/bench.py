"""Our engine beside a plain loop and the peers, as whole processes, in one run.

    python benchmarks/bench.py [--runs 3] [--fraction 1.0] [--only PART,...] [--json]
    python benchmarks/bench.py --install-peers      (once, for the peers)

Parts: w1 (workload W1: the plain loop and ours), peers (or a peer's name: on W1 as well), log
(replay of a SQLite log), start (what a command takes to start), real (a backtest of real
candles). Seconds are CPU seconds, user and system; a ratio holds on other machines too, seconds
do not.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import peers
from benchmarks.processes import Job, compare, measure, median, note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATA = ROOT.parent / "shared" / "data"
COMMAND = Path(sys.executable).parent / "crypto-trader"
PARTS = ("w1", "peers", "log", "start", "real")
PLAIN, MEMORY, SQLITE = "plain loop", "ours, log in memory", "ours, log in SQLite"
NAUTILUS = "nautilus_trader"
FIRST, LAST = date(2025, 1, 1), date(2025, 11, 11)
"""Of the real candles: all six coins have them, without the days that are left out."""


def w1_jobs() -> dict[str, Job]:
    """The plain loop, and the product with its log in memory and in a file."""
    ours = [sys.executable, "benchmarks/backtest.py", "--json", "--no-startup", "--fraction", "{}"]
    return {
        PLAIN: Job([sys.executable, "benchmarks/plain_loop.py", "--fraction", "{}"]),
        MEMORY: Job(ours),
        SQLITE: Job([*ours, "--log", "sqlite"]),
    }


def on_w1(parts: Sequence[str], runs: int, fraction: float) -> dict[str, dict[str, Any]]:
    """W1 by whoever was asked for; the plain loop always, because all are set beside it."""
    jobs = w1_jobs()
    if "w1" not in parts:
        jobs = {PLAIN: jobs[PLAIN]}
    # makes the candles when they are not there yet, so that no run is burdened with it
    measure(w1_jobs()[MEMORY].at(0.001))
    names = tuple(name for name in peers.PEERS if "peers" in parts or name in parts)
    found = compare(jobs | peers.jobs(names), runs, fraction)
    plain = found.get(PLAIN, {}).get("net_cpu_seconds", 0.0)
    nautilus = found.get(NAUTILUS, {}).get("net_cpu_seconds", 0.0)
    for one in found.values():
        net = one["net_cpu_seconds"]
        one["to_plain_loop"] = round(net / plain, 2) if plain > 0 else None
        one["faster_than_nautilus"] = round(nautilus / net, 2) if nautilus and net > 0 else None
    return found


def on_log() -> dict[str, Any]:
    """Appending to and replaying a SQLite log."""
    note("  log")
    done = measure([sys.executable, "benchmarks/log.py"])
    if done["failed"]:
        note(f"skipped: log: it failed: {done['failed']}")
    return dict(done["said"])


def on_start(runs: int) -> dict[str, Any]:
    """CPU seconds to start: Python alone, with click, and our command's help."""
    note("  start")
    words = {
        "python": [sys.executable, "-c", "pass"],
        "click": [sys.executable, "-c", "import click"],
        "help": [str(COMMAND), "--help"],
        "backtest_help": [str(COMMAND), "backtest", "--help"],
    }
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in words}
    for _ in range(max(runs, 3)):
        for name, command in words.items():
            taken[name].append(measure(command))
    found: dict[str, Any] = {
        f"{name}_cpu_seconds": round(median(done, "cpu"), 3) for name, done in taken.items()
    }
    found["help_to_python"] = round(
        median(taken["help"], "cpu") / median(taken["python"], "cpu"), 2
    )
    found["help_to_click"] = round(median(taken["help"], "cpu") / median(taken["click"], "cpu"), 2)
    return found


def real_words(until: str) -> list[str]:
    """A backtest of real candles with all that is recorded beside them; report and log off."""
    return [
        *(str(COMMAND), "backtest", "--json"),
        *("--candles", str(DATA / "klines_5m")),
        *("--usdjpy", str(DATA / "fx" / "usdjpy_1h.csv.gz")),
        *("--fear-greed", str(DATA / "context" / "fear_greed_daily.csv.gz")),
        *("--funding", str(DATA / "context" / "funding_rate_8h.csv.gz")),
        *("--dominance", str(DATA / "context" / "btc_dominance_daily.csv.gz")),
        *("--from", FIRST.isoformat(), "--to", until),
    ]


def on_real() -> dict[str, Any]:
    """The product's own run on real candles, and what a whole year of it would take."""
    if not (DATA / "klines_5m").exists():
        note(f"skipped: real: no candles in {DATA / 'klines_5m'}")
        return {}
    note("  real")
    done = measure(real_words(LAST.isoformat()))
    if done["failed"]:
        note(f"skipped: real: it failed: {done['failed']}")
        return {}
    days = (LAST - FIRST).days
    analyses = int(done["said"].get("analyses") or 0)
    return {
        "days": days,
        "analyses": analyses,
        "cpu_seconds": round(done["cpu"], 2),
        "peak_mb": round(done["mb"], 1),
        "analyses_a_year": round(analyses * 365 / days),
        "cpu_seconds_a_year": round(done["cpu"] * 365 / days, 2),
        "cpu_ms_per_analysis": round(done["cpu"] / max(analyses, 1) * 1000, 3),
    }


GOALS = {MEMORY: "goal 5.5, must 9", SQLITE: "goal 17"}


def show_w1(found: Mapping[str, Mapping[str, Any]]) -> None:
    """W1's table and its goals."""
    print("W1: medians of CPU seconds; x plain is net time against the plain loop's")
    head = ("CPU s", "start", "net", "lowest", "highest", "MB", "x plain")
    print(f"{'':22}" + "".join(f"{one:>9}" for one in head) + "  goal")
    keys = ("cpu_seconds", "start_up_cpu_seconds", "net_cpu_seconds", "net_cpu_seconds_lowest")
    for name, one in found.items():
        figures = "".join(f"{one[key]:9.2f}" for key in (*keys, "net_cpu_seconds_highest"))
        ratio = one["to_plain_loop"]
        print(
            f"{name:22}{figures}{one['peak_mb']:9.0f}"
            + (f"{'-':>9}" if ratio is None else f"{ratio:9.2f}")
            + f"  {GOALS.get(name, '')}"
        )
    ours = found.get(MEMORY)
    if ours is not None:
        against = ours["faster_than_nautilus"]
        print(f"ours against {NAUTILUS}: {against or '-'} times faster (goal 6)")
        print(f"ours to start: {ours['start_up_cpu_seconds']:.2f} s (goal 0.6)")
        print(f"ours at its peak: {ours['peak_mb']:.0f} MB (goal 700)")


def show_part(title: str, found: Mapping[str, Any]) -> None:
    """One part's figures, a line each."""
    if found:
        print(f"\n{title}")
        for name, value in found.items():
            print(f"  {name:28}{value:>12,}")


TITLES = {
    "log": "SQLite log (goal: replay 400,000 events/s)",
    "start": "Starting a command",
    "real": f"Real candles {FIRST} to {LAST} (goal 30, must 90 CPU seconds a year)",
}


def chosen(text: str) -> tuple[str, ...]:
    """The parts of --only. Raises argparse's error for an unknown one."""
    parts = tuple(text.split(","))
    for part in parts:
        if part not in PARTS and part not in peers.PEERS:
            known = ", ".join((*PARTS, *peers.PEERS))
            raise argparse.ArgumentTypeError(f"unknown part {part}; there are {known}")
    return parts


def arguments() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="of each program on W1")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of W1's year")
    parser.add_argument("--only", type=chosen, default=PARTS, metavar="PART,...")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--install-peers", action="store_true", help="install them and stop")
    return parser.parse_args()


def main() -> None:
    """Parse, measure, print each part as it is ready."""
    args = arguments()
    if args.install_peers:
        asked = tuple(name for name in peers.PEERS if name in args.only)
        peers.install(asked or tuple(name for name in peers.PEERS if peers.has_script(name)))
        return
    found: dict[str, dict[str, Any]] = {}
    if any(part in ("w1", "peers", *peers.PEERS) for part in args.only):
        found["w1"] = on_w1(args.only, args.runs, args.fraction)
        if not args.json:
            show_w1(found["w1"])
    others = {"log": on_log, "start": lambda: on_start(args.runs), "real": on_real}
    for part, work in others.items():
        if part in args.only:
            found[part] = work()
            if not args.json:
                show_part(TITLES[part], found[part])
    if args.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
