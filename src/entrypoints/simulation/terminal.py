"""The outcome of simulated runs for a human."""

from collections import defaultdict
from typing import Any

from rich.console import Console
from rich.table import Table

from entrypoints.simulation.catalogue import KINDS, STEPS


def render(result: dict[str, Any]) -> None:
    """Print a summary; with faults, the matrix of what struck where."""
    console = Console()
    if "points" in result:
        table = Table(title="A crash at every step", show_header=False)
        for name in ("points", "pairs", "in_recovery", "violations", "cpu_seconds"):
            table.add_row(name.replace("_", " "), f"{result[name]:,}")
        console.print(table)
        return
    table = Table(title="Simulated runs", show_header=False)
    for name in ("seeds", "days", "orders", "trades", "events", "restarts", "doubled", "lost"):
        table.add_row(name, f"{result[name]:,}")
    doubt = result["in_doubt"]
    table.add_row("in doubt", f"{doubt['count']:,}")
    if doubt["p50_s"] is not None:
        text = f"{doubt['p50_s']:g} s (half), {doubt['p99_s']:g} s (99 %)"
        table.add_row("resolved within", text)
    table.add_row("faults", f"{sum(result['faults'].values()):,}")
    table.add_row("violations", f"{result['violations']:,}")
    if "digest" in result:
        table.add_row("digest", result["digest"])
    console.print(table)
    if result["matrix"]:
        _matrix(console, result["matrix"])
    for failure in result["failures"]:
        console.print(f"[red]seed {failure['seed']}[/]: {failure['first']}", highlight=False)
        console.print(f"  needs: {', '.join(failure['needs']) or 'no fault at all'}")
        console.print(f"  {failure['command']}", highlight=False, soft_wrap=True)


def _matrix(console: Console, cells: list[list[Any]]) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, step, count in cells:
        counts[kind][step] = count
    table = Table(title="Faults by step")
    table.add_column("fault")
    table.add_column("strikes", justify="right")
    table.add_column("by step")
    for kind in KINDS.values():
        if kind.name in counts:
            where = [
                f"{step} {counts[kind.name].get(step, 0):,}" for step in STEPS if step in kind.steps
            ]
            total = sum(counts[kind.name].values())
            table.add_row(kind.name, f"{total:,}", ", ".join(where))
    console.print(table)
