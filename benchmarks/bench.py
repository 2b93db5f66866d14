"""Our engine beside a plain loop and the peers, as whole processes, in one run.

    python benchmarks/bench.py [--runs 3] [--fraction 1.0] [--json] [--install-peers]

Prints CPU seconds, memory and, above all, ratios to the plain loop's net time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
VENVS = ROOT / ".bench-venvs"
MARKET = ROOT / "build" / "bench"
PEERS = {
    "nautilus_trader": ("peer_nautilus.py", ["nautilus_trader==1.221.0", "pandas<3", "pyarrow"]),
    "backtesting.py": ("peer_backtestingpy.py", ["backtesting==0.6.6", "pyarrow", "numpy"]),
    "vectorbt": ("peer_vectorbt.py", ["vectorbt==1.2.0", "pyarrow", "numpy"]),
}
CANDLES = 630_720


def measure(words: list[str], where: Path = ROOT) -> dict[str, Any]:
    """One whole process: CPU seconds (user and system), peak MB, its last JSON line."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=where
    )
    assert process.stdout is not None
    text = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - begun,
        "mb": used.ru_maxrss / 1024,
        "failed": process.returncode != 0,
        "said": said(text),
    }


def said(text: str) -> dict[str, Any]:
    """The JSON object of a program: all that it printed, or its last line."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    for candidate in (text, *lines[-1:]):
        try:
            return dict(json.loads(candidate))
        except ValueError:
            continue
    return {}


def jobs() -> dict[str, tuple[list[str], Path]]:
    """Commands by name, with {} for the share of candles."""
    python = sys.executable
    found = {
        "plain loop": ([python, "benchmarks/plain_loop.py", "--fraction", "{}"], ROOT),
        "crypto-trader, log in memory": (
            [python, "benchmarks/backtest.py", "--json", "--no-startup", "--fraction", "{}"],
            ROOT,
        ),
        "crypto-trader, log in SQLite": (
            [
                python,
                "benchmarks/backtest.py",
                "--json",
                "--no-startup",
                "--log",
                "sqlite",
                "--fraction",
                "{}",
            ],
            ROOT,
        ),
    }
    for name, (script, _) in PEERS.items():
        interpreter = VENVS / name / "bin" / "python"
        if not (SHARED / "bench" / script).exists():
            print(f"skipped: {name}: {SHARED / 'bench' / script} is not there", file=sys.stderr)
        elif not interpreter.exists():
            how = "python benchmarks/bench.py --install-peers"
            print(f"skipped: {name}: not installed; {how}", file=sys.stderr)
        else:
            words = [str(interpreter), script, "--data", str(MARKET), "--frac", "{}"]
            found[name] = (words, SHARED / "bench")
    return found


def install_peers() -> None:
    """Each peer in an environment of its own."""
    for name, (_, needed) in PEERS.items():
        folder = VENVS / name
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *needed]
        subprocess.run(pip, check=True)


def make_market() -> None:
    """W1's candles for us (.npz) and, where the generator is, for the peers (.parquet)."""
    subprocess.run(
        [sys.executable, "benchmarks/backtest.py", "--fraction", "0.001", "--no-startup"],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    generator = SHARED / "bench" / "gen_data.py"
    if generator.exists() and VENVS.exists() and not (MARKET / "ETH.parquet").exists():
        subprocess.run(
            [sys.executable, str(generator), str(MARKET)],
            check=True,
            cwd=generator.parent,
            stdout=subprocess.DEVNULL,
        )


def compared(runs: int, fraction: float) -> dict[str, dict[str, Any]]:
    """Medians of interleaved runs: full, start-up (1 %) and net CPU seconds, peak MB."""
    todo = jobs()
    full: dict[str, list[dict[str, Any]]] = {name: [] for name in todo}
    short: dict[str, list[dict[str, Any]]] = {name: [] for name in todo}
    for _ in range(runs):
        for name, (words, where) in todo.items():
            for share, kept in ((fraction, full), (0.01 * fraction, short)):
                kept[name].append(measure([word.format(share) for word in words], where))
    found = {}
    for name in todo:
        if any(one["failed"] for one in full[name]):
            print(f"skipped: {name}: it failed", file=sys.stderr)
            continue
        start = statistics.median(one["cpu"] for one in short[name])
        nets = [a["cpu"] - b["cpu"] for a, b in zip(full[name], short[name], strict=True)]
        said = full[name][-1]["said"]
        found[name] = {
            "cpu_seconds": statistics.median(one["cpu"] for one in full[name]),
            "start_up_cpu_seconds": start,
            "net_cpu_seconds": statistics.median(nets),
            "net_lowest": min(nets),
            "peak_mb": statistics.median(one["mb"] for one in full[name]),
            "trades": said.get("trades"),
            "equity": said.get("equity"),
        }
    base = found["plain loop"]["net_cpu_seconds"]
    for one in found.values():
        one["ratio"] = one["net_cpu_seconds"] / base
    return found


def own_run() -> dict[str, Any] | None:
    """The product on ten months of real candles: all components, report and log file off."""
    data = SHARED / "data"
    if not data.exists():
        print(f"skipped: real candles: {data} is not there", file=sys.stderr)
        return None
    words = [
        str(Path(sys.executable).parent / "crypto-trader"),
        "backtest",
        "--json",
        "--candles",
        str(data / "klines_5m"),
        "--usdjpy",
        str(data / "fx/usdjpy_1h.csv.gz"),
        "--fear-greed",
        str(data / "context/fear_greed_daily.csv.gz"),
        "--funding",
        str(data / "context/funding_rate_8h.csv.gz"),
        "--dominance",
        str(data / "context/btc_dominance_daily.csv.gz"),
        "--from",
        "2025-01-01",
        "--to",
        "2025-11-11",
    ]
    done = measure(words)
    analyses = done["said"].get("analyses", 0)
    return {
        "cpu_seconds": done["cpu"],
        "peak_mb": done["mb"],
        "analyses": analyses,
        "cpu_seconds_per_90000_analyses": done["cpu"] / max(1, analyses) * 90_000,
    }


def replay() -> dict[str, Any]:
    """Reading, decoding and folding a SQLite log."""
    done = measure([sys.executable, "benchmarks/log.py"])
    return dict(done["said"])


def show(w1: dict[str, dict[str, Any]]) -> None:
    """W1's table, with the goals beside it."""
    goals = {
        "crypto-trader, log in memory": "<= 5.5, must 9",
        "crypto-trader, log in SQLite": "<= 17",
    }
    print(f"{'':30}{'CPU s':>8}{'start':>7}{'net':>8}{'MB':>6}{'ratio':>8}  goal")
    for name, one in w1.items():
        print(
            f"{name:30}{one['cpu_seconds']:8.2f}{one['start_up_cpu_seconds']:7.2f}"
            f"{one['net_cpu_seconds']:8.2f}{one['peak_mb']:6.0f}{one['ratio']:8.2f}"
            f"  {goals.get(name, '')}",
            flush=True,
        )


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--fraction", type=float, default=1.0, help="share of W1's year")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--install-peers", action="store_true")
    args = parser.parse_args()
    if args.install_peers:
        install_peers()
        return
    make_market()
    w1 = compared(args.runs, args.fraction)
    if not args.json:
        show(w1)
    log, real = replay(), own_run()
    if args.json:
        print(json.dumps({"w1": w1, "log": log, "real": real}))
        return
    print("log:", json.dumps(log))
    if real is not None:
        print("real candles (goal 30, must 90 CPU s a year):", json.dumps(real))


if __name__ == "__main__":
    main()
