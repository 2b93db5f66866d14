"""What a function's cold start costs: CPU time of importing it, over that of a bare boto3 client.

    python benchmarks/cold_start.py [--runs 5] [--json]

Both in fresh processes, in turn, with nothing on the path but the function's own package and what
the runtime brings along. A function is imported as Lambda does it, its plugs' modules with it; then
its container and plugs are made, and the client that it asks first. Goal 1.5, must 2.5.
"""

import compileall
import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

GOAL, MUST = 1.5, 2.5
NAMES: Final = (
    "price-collector", "technical", "chronos-caller", "sentiment-getter", "aggregator",
    "order-executor", "position-monitor", "news-collector", "market-context", "daily-reporter",
    "error-remediator", "warm-up", "slack-notifier",
)  # fmt: skip
BARE: Final = """
import boto3
boto3.client("dynamodb", region_name="ap-northeast-1").get_item
"""
OURS: Final = """
from importlib import import_module
module = import_module("entrypoints.aws_lambda." + {name!r}.replace("-", "_"))
function = getattr(module, "execute", module.handler)
environment = function.environment()
function.tools()
# an account asks for its key as it is made: of it the modules alone
keyed = {{"account", "ranker"}} if "account" in function.plugs else set()
for plug in sorted(function.plugs - keyed):
    getattr(environment, plug)()
if "tables" in function.plugs:
    environment.tables()._client.get_item
"""
TIMED: Final = """
import resource, sys, time
{work}
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(int(one.split()[1]) for one in open("/proc/self/status") if one.startswith("VmHWM"))
known = ("pandas", "finta", "torch", "bokeh", "pyarrow", "numpy")
heavy = [one for one in known if one in sys.modules]
print(used.ru_utime + used.ru_stime, peak // 1024, ",".join(heavy))
"""
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
    "TABLE_PREFIX": "eth-trading-",
    "ORDER_QUEUE_URL": "http://127.0.0.1:1/queue.fifo",
    "STATE_MACHINE_ARN": "arn:aws:states:ap-northeast-1:123456789012:stateMachine:x",
    "REPORT_BUCKET": "reports",
    "COINCHECK_SECRET": "coincheck",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/x",
    "SAGEMAKER_ENDPOINT": "x",
    "PATH": "/usr/bin:/bin",
}


def laid_out(folder: Path) -> dict[str, str]:
    """Search paths: of the runtime's own packages, and of each function's over them."""
    from entrypoints.deploy.packages import PROVIDED, package_all

    runtime = folder / "runtime"
    for name in PROVIDED:
        for file in metadata.files(name) or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                place = runtime / file
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(Path(str(file.locate())).read_bytes())
    paths = {"nothing": str(runtime), "boto3": str(runtime)}
    for one in package_all(folder, is_for_here=True):
        zipfile.ZipFile(one.file).extractall(folder / one.name)
        paths[one.name] = f"{folder / one.name}:{runtime}"
    compileall.compile_dir(folder, quiet=2)
    return paths


def measured(work: str, path: str) -> tuple[float, int, str]:
    """CPU seconds of a fresh process, its peak (MB), and what is heavy in it."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", TIMED.format(work=work)],
        env={**ENVIRONMENT, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes, heavy = done.stdout.rstrip("\n").split(" ", 2)
    return float(seconds), int(megabytes), heavy


def rounds(names: Sequence[str], runs: int) -> dict[str, list[tuple[float, int, str]]]:
    """Every work so often, in turn, so that a slow moment of the machine strikes all."""
    works = {"nothing": "", "boto3": BARE} | {name: OURS.format(name=name) for name in names}
    found: dict[str, list[tuple[float, int, str]]] = {name: [] for name in works}
    with tempfile.TemporaryDirectory() as folder:
        paths = laid_out(Path(folder))
        for _ in range(runs):
            for name, work in works.items():
                found[name].append(measured(work, paths[name]))
    return found


@click.command()
@click.option("--runs", default=5, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
def main(runs: int, *, as_json: bool) -> None:
    """Measure all functions."""
    found = rounds(NAMES, runs)
    empty = statistics.median(one[0] for one in found["nothing"])
    bare = statistics.median(one[0] for one in found["boto3"]) - empty
    result = {}
    for name in NAMES:
        net = statistics.median(one[0] for one in found[name]) - empty
        result[name] = {
            "ratio": round(net / bare, 2),
            "cpu_s": round(net, 3),
            "peak_mb": max(one[1] for one in found[name]),
            "heavy": found[name][0][2],
        }
    worst = max(one["ratio"] for one in result.values())
    if as_json:
        print(json.dumps({"boto3_cpu_s": round(bare, 3), "worst": worst, "functions": result}))
        return
    table = Table(
        "function", "x boto3", "CPU s", "peak MB", "heavy", title=f"boto3: {bare:.3f} CPU s"
    )
    for name, one in result.items():
        cells = (f"{one['ratio']:.2f}", f"{one['cpu_s']:.3f}", str(one["peak_mb"]), one["heavy"])
        table.add_row(name, *cells)
    Console().print(table)
    print(f"worst {worst:.2f}; goal {GOAL}, must {MUST}")


if __name__ == "__main__":
    main()
