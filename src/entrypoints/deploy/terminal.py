"""The dialogue on a terminal: everything on stderr, answers from stdin."""

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

import click

from application.errors import Refused
from entrypoints.stage import Stage

INTERRUPTED = 130


def finished(work: Coroutine[Any, Any, None], stage: Stage) -> int:
    """Do the work; the exit status. Interrupted, it says that AWS goes on by itself."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        click.echo(
            "\ncrypto-trader: interrupted; what AWS was asked for goes on: "
            f"`{stage.command('status')}` tells how it stands",
            err=True,
        )
        return INTERRUPTED
    return 0


class Terminal:
    """`is_agreed`: --yes was given, and nothing is asked."""

    def __init__(self, *, is_agreed: bool = False) -> None:
        self._is_agreed = is_agreed

    def say(self, line: str) -> None:
        """One line of progress."""
        click.echo(line, err=True)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows to look at before an answer."""
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        shown = Table(title=escape(title), title_justify="left")
        for column in columns:
            shown.add_column(column, overflow="fold")
        for row in rows:
            shown.add_row(*map(escape, row))
        Console(stderr=True, highlight=False).print(shown)

    def agrees(self, question: str) -> bool:
        """Whether the answer is yes."""
        if self._is_agreed:
            return True
        self._somebody_there()
        try:
            return click.confirm(question, default=False, err=True)
        except click.Abort:
            return False  # Ctrl-C at a question is a no

    def types(self, question: str, wanted: str) -> bool:
        """Whether exactly `wanted` was typed."""
        if self._is_agreed:
            return True
        self._somebody_there()
        try:
            typed: str = click.prompt(question, default="", show_default=False, err=True)
        except click.Abort:
            return False
        return typed.strip() == wanted

    @staticmethod
    def _somebody_there() -> None:
        if not sys.stdin.isatty():
            raise Refused("nobody can be asked here, and nothing was done: add --yes")
