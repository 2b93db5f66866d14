"""crypto-trader improvements: what the tuner did, why, and the way back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from domain.instant import iso

if TYPE_CHECKING:
    from application.improvements import Improvement, Improvements
    from domain.events import ParameterMove


@click.command("improvements")
@click.argument("path", metavar="LOG", type=click.Path(path_type=Path))
@click.option("--explain", metavar="CHANGE", help="One change: its test and all other candidates.")
@click.option("--undo", metavar="CHANGE", help="Take a change back, for new positions.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A configured parameter."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(
    path: Path, explain: str | None, undo: str | None, settings: tuple[str, ...], as_json: bool
) -> int:
    """List what the tuner changed and what became of it, and how often it said no.

    LOG is a file, or aws:STAGE. --undo writes to a log in a file.

    \b
    Examples:
      crypto-trader improvements trader/trader.sqlite
      crypto-trader improvements trader/trader.sqlite --explain change-2026-03-01
      crypto-trader improvements trader/trader.sqlite --undo change-2026-03-01
    """
    from application.improvements import improvements
    from domain.parameters import STANDARD
    from entrypoints.wiring.log_file import reading

    parameters = STANDARD.with_settings(settings)
    if undo is not None:
        from entrypoints.tuning.undo import undo_in_file

        for line in undo_in_file(path, undo, parameters):
            click.echo(f"{undo} is undone: {line}")
        return 0
    with reading(path) as store:
        found = asyncio.run(improvements(store, parameters))
    if explain is not None:
        one = found.of(explain)
        print(json.dumps(_told(one))) if as_json else _explain(one)
    elif as_json:
        print(json.dumps(_summary(found)))
    else:
        _list(found)
    return 0


def _summary(found: Improvements) -> dict[str, Any]:
    return {
        "nights": found.nights,
        "tried": found.tried,
        "shut": dict(found.shut),
        "refused": [{"day": one.day, "why": one.refusal} for one in found.refused],
        "paid_usd": round(found.paid_usd, 6),
        "changes": [_told(one) for one in found.changes],
    }


def _told(one: Improvement) -> dict[str, Any]:
    return {
        "change": one.made.change,
        "state": one.state,
        "at": iso(one.at),
        "made": attrs.asdict(one.made),
        "tried": None if one.tried is None else attrs.asdict(one.tried),
        "reviewed": None if one.reviewed is None else attrs.asdict(one.reviewed),
        "undone": None if one.undone is None else attrs.asdict(one.undone),
    }


def _moves(moves: tuple[ParameterMove, ...]) -> str:
    return ", ".join(f"{one.name} {one.before:g} -> {one.after:g}" for one in moves)


def _list(found: Improvements) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if found.changes:
        table = Table(title="What the tuner changed")
        for name in ("change", "moves", "by", "probability", "tries", "review, JPY", "state"):
            table.add_column(name, overflow="fold")
        for one in found.changes:
            review = "-" if one.reviewed is None else f"{one.reviewed.gain_jpy:+,.0f}"
            made = one.made
            table.add_row(
                made.change,
                _moves(made.moves),
                made.proposer,
                f"{made.probability:.3f}",
                f"{made.tried:,}",
                review,
                one.state,
            )
        console.print(table)
    else:
        console.print("The tuner has changed nothing.")
    console.print(f"{found.nights:,} nights, {found.tried:,} candidates tried")
    for gate, count in found.shut.most_common():
        console.print(f"  {count:>5,} nights shut by {gate}")
    for tried in found.refused:
        console.print(f"  {tried.day}: {tried.refusal}")


def _explain(one: Improvement) -> None:
    from rich.console import Console
    from rich.table import Table

    console, made = Console(highlight=False), one.made
    console.print(f"{made.change}: {_moves(made.moves)} ({one.state})")
    console.print(
        f"proposed by {made.proposer} on {made.day}; out of sample, {made.days} days gained "
        f"{made.gain_jpy:+,.0f} JPY; probability {made.probability:.3f} after {made.tried:,} tries"
    )
    if one.tried is not None:
        table = Table(title="All candidates of that night")
        for name in ("moves", "daily ratio", "JPY"):
            table.add_column(name, justify="left" if name == "moves" else "right")
        for trial in sorted(one.tried.trials, key=lambda each: -each.ratio):
            table.add_row(_moves(trial.moves), f"{trial.ratio:+.3f}", f"{trial.gain_jpy:+,.0f}")
        console.print(table)
    if one.reviewed is not None:
        seen = one.reviewed
        console.print(
            f"reviewed on {seen.day}: {seen.days} days with it gained {seen.gain_jpy:+,.0f} JPY; "
            f"probability that they were worse {seen.worse:.3f}: "
            f"{'kept' if seen.kept else 'taken back'}"
        )
    if one.undone is not None:
        console.print(f"taken back on {one.undone.day} by {one.undone.by}")
