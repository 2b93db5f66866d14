"""crypto-trader doctor: whether everything is fit for real money."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from application.errors import InputError

if TYPE_CHECKING:
    from entrypoints.doctor.findings import Report
    from entrypoints.wiring.settings import Settings


@click.command("doctor")
@click.option(
    "--config", "path", type=click.Path(path_type=Path), help="Default: crypto-trader.toml, if any."
)
@click.option(
    "--fakes", "name", metavar="NAME", help="Examine a made-up trader instead; `list` names them."
)
@click.option("--json", "as_json", is_flag=True, help="The findings as a JSON list on stdout.")
def command(path: Path | None, name: str | None, *, as_json: bool) -> int:
    """Examine configuration, machine, log, key, coins and services; change nothing.

    `live` starts only when this finds no error. Exit status 1 when there is one. Two calls of the
    news plan are used up, and a number or two of the key.

    \b
    Examples:
      crypto-trader doctor
      crypto-trader doctor --fakes over-privileged
      crypto-trader doctor --json | jq '.[] | select(.level == "error")'
    """
    from entrypoints.doctor.examine import examine
    from entrypoints.wiring.settings import load_settings

    settings = load_settings(path)
    report = asyncio.run(examine(settings)) if name is None else _of_fakes(name, settings)
    if report is None:
        return 0
    if as_json:
        print(json.dumps([attrs.asdict(one) for one in report.findings], ensure_ascii=False))
    else:
        _show(report)
    return 1 if report.errors else 0


def _of_fakes(name: str, settings: Settings) -> Report | None:
    try:
        from entrypoints.doctor.patients import PATIENTS, patient
    except ModuleNotFoundError as missing:
        raise InputError(
            f"--fakes needs {missing.name}: pip install 'crypto-trader[fakes]'"
        ) from None
    from entrypoints.doctor.examine import examine

    if name == "list":
        click.echo("\n".join(PATIENTS))
        return None
    if name not in PATIENTS:
        raise click.UsageError(f"--fakes {name}: choose from {', '.join(PATIENTS)}")
    with (
        tempfile.TemporaryDirectory() as folder,
        patient(name, settings, Path(folder)) as (given, clock),
    ):
        return asyncio.run(examine(given, clock=clock))


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    signs = {"ok": ("ok", "green"), "warning": ("!", "yellow"), "error": ("ERROR", "red bold")}
    for one in report.findings:
        said, style = signs[one.level]
        table.add_row(Text(said, style=style), one.check, Text(one.text))
        if one.what_to_do:
            table.add_row("", "", Text(f"-> {one.what_to_do}", style="italic"))
    console = Console(highlight=False)
    console.print(table)
    count = len(report.errors)
    console.print(
        f"{count} error{'s' if count != 1 else ''}: not fit for real money"
        if count
        else "no errors"
    )
