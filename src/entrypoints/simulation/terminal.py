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


def render_quarter(result: dict[str, Any]) -> None:
    """Print what the tuner did in a simulated quarter."""
    console = Console(highlight=False)
    table = Table(title=f"{result['days']} days with the tuner on", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name in ("trades", "events"):
        table.add_row(name, f"{result[name]:,}")
    hours = ", ".join(result["report_times_jst"])
    table.add_row("reports", f"{result['reports']:,}, each at {hours} in Japan")
    table.add_row("nights of the tuner", f"{result['nights']:,}")
    table.add_row("candidates tried", f"{result['tried']:,}")
    turn = result["turn_day"]
    table.add_row("the market turns", "never" if turn is None else f"on day {turn}")
    table.add_row("digest", result["digest"])
    console.print(table)
    changes = Table(title="What it changed")
    for name in ("change", "moves", "probability", "tries", "review, JPY", "state"):
        changes.add_column(name, overflow="fold")
    for one in result["changes"]:
        moves = (f"{m['name']} {m['before']:g} -> {m['after']:g}" for m in one["moves"])
        gain = one["review_gain_jpy"]
        changes.add_row(
            one["change"],
            ", ".join(moves),
            f"{one['probability']:.3f}",
            f"{one['tries']:,}",
            "-" if gain is None else f"{gain:+,.0f}",
            one["state"],
        )
    console.print(changes)
