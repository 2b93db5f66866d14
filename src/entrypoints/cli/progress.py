"""A progress bar on stderr, when somebody can see it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from domain.instant import iso


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int, int], None]]:
    """Gives a function that is told (start, now, end) in ms."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} % {task.fields[day]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(what, total=1.0, day="")
        last = -1

        def told(start: int, now: int, end: int) -> None:
            nonlocal last
            percent = 100 * (now - start) // max(1, end - start)
            if percent != last:
                last = percent
                bar.update(task, completed=percent / 100, day=iso(now)[:10])

        yield told
