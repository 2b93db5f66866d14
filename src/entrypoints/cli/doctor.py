"""crypto-trader doctor: is everything fit for trading, and what to do if not."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.errors import InputError

if TYPE_CHECKING:
    from entrypoints.doctor.findings import Report
    from entrypoints.wiring.settings import Settings

_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


@click.command("doctor")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="Default: crypto-trader.toml, if any."
)
@click.option("--json", "as_json", is_flag=True, help="The findings as a JSON list on stdout.")
@click.option(
    "--fakes",
    "seed",
    metavar="NAME",
    help="Examine fakes on this machine instead, with one thing wrong; `list` names them.",
)
def command(path: Path | None, as_json: bool, seed: str | None) -> int:
    """Examine clock, key, coins, order rules, feeds, disk, log and version.

    Places no order and moves no money; with a key it uses some of its nonces, with a news token
    one call of the plan. A key that can withdraw is an error. Exit status 1 with any error.

    \b
    Examples:
      crypto-trader doctor
      crypto-trader doctor --config live.toml --json
      crypto-trader doctor --fakes over-privileged
    """
    from entrypoints.doctor.examine import examine
    from entrypoints.wiring.settings import load_settings

    if seed == "list":
        for name, about in _seeds().items():
            print(f"{name:<18}{about}")
        return 0
    with ExitStack() as stack:
        settings = load_settings(path) if seed is None else _faked(seed, stack)
        print("doctor: asking everyone, some seconds ...", file=sys.stderr)
        report = asyncio.run(examine(settings))
    if as_json:
        print(json.dumps([_row(one) for one in report.findings], ensure_ascii=False, indent=1))
    else:
        _show(report)
    return 1 if report.errors else 0


def _seeds() -> dict[str, str]:
    """Names and what is wrong. Raises InputError without the packages of the fakes."""
    try:
        from entrypoints.doctor.fakes import SEEDS
    except ModuleNotFoundError as missing:
        raise InputError(
            f"--fakes needs {missing.name}: pip install 'crypto-trader[fakes]'"
        ) from None
    return {name: one.about for name, one in SEEDS.items()}


def _faked(seed: str, stack: ExitStack) -> Settings:
    """The settings of a world with one thing wrong, which lasts as long as the stack."""
    from tempfile import TemporaryDirectory

    from adapters.clock.system import SystemClock

    if seed not in _seeds():
        raise click.UsageError(f"--fakes {seed}: choose from {', '.join(_seeds())}")
    from entrypoints.doctor.fakes import misconfigured

    folder = stack.enter_context(TemporaryDirectory())
    return stack.enter_context(misconfigured(seed, Path(folder), SystemClock()))


def _row(finding: Any) -> dict[str, str]:
    return {
        "check": finding.check,
        "level": finding.level.value,
        "text": finding.text,
        "what_to_do": finding.what_to_do,
    }


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(file=sys.stdout, highlight=False)
    table = Table(title="doctor", title_justify="left", show_lines=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was found, and what to do", overflow="fold")
    for one in report.findings:
        colour = _COLOURS[one.level.value]
        text = escape(one.text)
        if one.what_to_do:
            text += f"\n[bold]-> {escape(one.what_to_do)}[/bold]"
        table.add_row(one.check, f"[{colour}]{one.level.value}[/{colour}]", text)
    console.print(table)
    errors, warnings = len(report.errors), len(report.warnings)
    verdict = "fit for trading" if not errors else "NOT fit for trading"
    console.print(f"[bold]{verdict}[/bold]: {errors} errors, {warnings} warnings", soft_wrap=True)
