"""Commands as whole processes: what each took, what it said, medians of interleaved runs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
START_UP = 0.01
"""Share of the candles that tells what starting costs."""
TAIL = 300
"""Characters of a failed program's complaint that are shown."""


class Job(NamedTuple):
    """A command, with {} for the share of the candles, and the folder that it runs in."""

    words: Sequence[str]
    folder: Path = ROOT

    def at(self, share: float) -> list[str]:
        """The command for a share of the candles."""
        return [word.format(share) for word in self.words]


def note(text: str) -> None:
    """Say something beside the figures."""
    print(text, file=sys.stderr, flush=True)


def measure(words: Sequence[str], folder: Path = ROOT) -> dict[str, Any]:
    """One process: CPU seconds (user and system), wall seconds, peak MB, its JSON object."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            list(words), stdout=subprocess.PIPE, stderr=complaints, text=True, cwd=folder
        )
        assert process.stdout is not None
        with process.stdout as out:
            text = out.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        complaints.seek(0)
        complaint = complaints.read()[-TAIL:]
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - begun,
        "mb": used.ru_maxrss / 1024,
        "failed": complaint or f"exit {process.returncode}" if process.returncode else "",
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


def median(runs: Sequence[Mapping[str, Any]], key: str) -> float:
    """The middle one of a figure."""
    return statistics.median(float(one[key]) for one in runs)


def compare(jobs: Mapping[str, Job], runs: int, fraction: float) -> dict[str, dict[str, Any]]:
    """Every job `runs` times in turn (A B A B), each time in full and at 1 %.

    A job that fails is said to be skipped and left out.
    """
    full: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    short: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    for turn in range(runs):
        for name, job in jobs.items():
            if name not in full:
                continue
            note(f"  {turn + 1}/{runs} {name}")
            done = measure(job.at(fraction), job.folder)
            first = measure(job.at(fraction * START_UP), job.folder)
            failed = done["failed"] or first["failed"]
            if failed:
                note(f"skipped: {name}: it failed: {failed}")
                del full[name]
            else:
                full[name].append(done)
                short[name].append(first)
    return {name: summed(full[name], short[name]) for name in full}


def summed(full: Sequence[Mapping[str, Any]], short: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians of full runs, of start-ups and of each run less the start-up after it."""
    said_last = full[-1]["said"]
    nets = [a["cpu"] - b["cpu"] for a, b in zip(full, short, strict=True)]
    cpu = median(full, "cpu")
    return {
        "candles": said_last.get("candles"),
        "cpu_seconds": round(cpu, 3),
        "cpu_seconds_lowest": round(min(one["cpu"] for one in full), 3),
        "wall_seconds": round(median(full, "wall"), 3),
        "start_up_cpu_seconds": round(median(short, "cpu"), 3),
        "net_cpu_seconds": round(statistics.median(nets), 3),
        "net_cpu_seconds_lowest": round(min(nets), 3),
        "net_cpu_seconds_highest": round(max(nets), 3),
        "candles_per_second": round((said_last.get("candles") or 0) / cpu),
        "peak_mb": round(median(full, "mb"), 1),
        "trades": said_last.get("trades"),
        "equity": said_last.get("equity"),
    }
