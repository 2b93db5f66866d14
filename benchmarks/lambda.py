"""How long the functions take through AWS's own runtime client, on an emulator on this machine.

    make lambda      or, with --ticks, --json, --write PAGE, --durations FILE:
    python benchmarks/lambda.py --emulator PYTHON --infra PYTHON

The whole stage is deployed and trades; then the runtime's own REPORT lines are read. The first
call of a function is its cold start. Wall milliseconds of two shared cores, of which the emulator,
the fakes and up to twelve functions have their part: for the order of things, and as the cost
model's stand-in until CloudWatch knows better.
"""

import json
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

sys.path[:0] = [str(Path(__file__).parents[1])]

REPORT = re.compile(r"Duration: ([\d.]+) ms.*Memory Size: (\d+) MB")
HANDLER = re.compile(r"entrypoints\.aws_lambda\.(\w+)\.handler")


def measured(emulator_python: Path, infra: Path, ticks: int) -> dict[str, Any]:
    """Figures of every function that was called, and how long decisions took."""
    from tests.rehearsal import rehearse

    with (
        tempfile.TemporaryDirectory(prefix="lambda-") as folder,
        rehearse.first_stage(emulator_python, infra, Path(folder)) as ready,
    ):
        for _ in range(ticks):
            ready.it.tick()
        rehearse.night(ready.it)
        stage = ready.it.stage
        return {"functions": figures(stage), "decision_ms": decisions(stage)}


def decisions(deployed: Any) -> dict[str, int]:
    """From the call of price-collector to the end of aggregator, which has sent its orders then."""
    began, ended = (
        [at for at, line in lines_of(deployed, name) if line.startswith(word)]
        for name, word in (("price-collector", "START"), ("aggregator", "END"))
    )
    found = []
    for end in ended:
        before = [at for at in began if at <= end]
        found.append(end - before[-1])
    cold, *warm = sorted(found, reverse=True)
    warm = sorted(warm) or [cold]
    return {
        "decisions": len(found),
        "slowest_ms": cold,
        "median_ms": round(statistics.median(warm)),
        "p95_ms": warm[min(len(warm) - 1, int(len(warm) * 0.95))],
    }


def lines_of(deployed: Any, function: str) -> list[tuple[int, str]]:
    """A function's log: when (ms), and what."""
    pages = deployed.of("logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{deployed.prefix}{function}"
    return sorted(
        (event["timestamp"], event["message"])
        for page in pages.paginate(logGroupName=group)
        for event in page["events"]
    )


def figures(deployed: Any) -> dict[str, dict[str, Any]]:
    """From the REPORT lines of all logs."""
    logs, found, peaks = deployed.of("logs"), {}, peaks_mb()
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        function = name.removeprefix(f"/aws/lambda/{deployed.prefix}")
        if function == name:
            continue
        lines = [line for _, line in lines_of(deployed, function)]
        reports = [one.groups() for one in map(REPORT.search, lines) if one]
        if not reports:
            continue
        cold, *warm = [float(one[0]) for one in reports]
        warm = sorted(warm) or [cold]
        found[function] = {
            "calls": len(reports),
            "cold_ms": round(cold),
            "median_ms": round(statistics.median(warm)),
            "p95_ms": round(warm[min(len(warm) - 1, int(len(warm) * 0.95))]),
            "mean_ms": round(statistics.fmean(warm)),
            "memory_mb": int(reports[0][1]),
            "peak_mb": peaks.get(function),
        }
    return dict(sorted(found.items()))


def peaks_mb() -> dict[str, int]:
    """The most that any process of a function has held (MiB); the emulator does not tell it."""
    found: dict[str, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = HANDLER.search((folder / "cmdline").read_text(encoding="utf-8"))
            status = (folder / "status").read_text(encoding="utf-8")
        except OSError:
            continue  # it has ended meanwhile
        most = re.search(r"VmHWM:\s+(\d+) kB", status)
        if command and most:
            name = command[1].replace("_", "-")
            found[name] = max(found.get(name, 0), int(most[1]) // 1024)
    return found


def table(told: dict[str, Any]) -> str:
    """As Markdown."""
    found, latency = told["functions"], told["decision_ms"]
    names = ("calls", "cold_ms", "median_ms", "p95_ms", "peak_mb", "memory_mb")
    lines = [f"| function | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    lines += [f"| {key} | {' | '.join(str(one[n]) for n in names)} |" for key, one in found.items()]
    words = (
        f"From the candle's tick to the order's message: median {latency['median_ms']} ms, p95 "
        f"{latency['p95_ms']} ms, slowest {latency['slowest_ms']} ms (cold), of "
        f"{latency['decisions']} decisions."
    )
    return "\n".join([*lines, "", words])


@click.command()
@click.option("--emulator", type=click.Path(path_type=Path), required=True)
@click.option("--infra", type=click.Path(path_type=Path), required=True)
@click.option("--ticks", default=24, show_default=True, type=click.IntRange(2))
@click.option("--json", "as_json", is_flag=True)
@click.option("--write", type=click.Path(path_type=Path), help="A page with the table.")
@click.option("--durations", type=click.Path(path_type=Path), help="For `crypto-trader cost`.")
def main(
    emulator: Path, infra: Path, ticks: int, *, as_json: bool, write: Path, durations: Path
) -> None:
    """Measure all functions."""
    found = measured(emulator.absolute(), infra.absolute(), ticks)
    if write is not None:
        write.write_text(PAGE.format(table=table(found)), encoding="utf-8")
    if durations is not None:
        told = {name: {"mean_ms": one["mean_ms"]} for name, one in found["functions"].items()}
        durations.write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(json.dumps(found) if as_json else table(found))


PAGE = """# How long the functions take

Written by `benchmarks/lambda.py`: through the runtime client of AWS on an emulator, wall
milliseconds of two shared cores. The first call of a function is its cold start; the others are
warm. Peak memory (MiB) is what Linux says of the function's process.

{table}
"""

if __name__ == "__main__":
    main()
