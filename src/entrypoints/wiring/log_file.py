"""A log opened for reading, and a file of one that appears when its run is complete."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.clock.system import SystemClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.event_store.sqlite_chain import SqliteHashChain
from adapters.event_store.with_tables_apart import LogWithTablesApart
from adapters.sqlite_file import open_log
from application.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.read_models.in_memory import InMemoryReadModels
    from application.ports.event_store import EventStore


@contextmanager
def reading(path: Path) -> Iterator[EventStore]:
    """The log of a file, closed afterwards. Raises InputError when it is none of ours.

    A path such as `aws:prod` means the log of a deployed stage.
    """
    stage = stage_of(path)
    if stage is not None:
        from entrypoints.wiring.cloud.stage_log import stage_log

        yield stage_log(stage)[0]
        return
    file = open_log(path, create=False, read_only=True)
    try:
        yield SqliteEventStore(file, SystemClock())
    finally:
        file.close()


def stage_of(path: Path) -> str | None:
    """The deployed stage that a path such as `aws:prod` means; None for a file."""
    kind, _, stage = str(path).partition(":")
    return (stage or "prod") if kind == "aws" and ":" in str(path) else None


@contextmanager
def checking(path: Path) -> Iterator[tuple[SqliteEventStore, SqliteHashChain]]:
    """The log of a file with its hash chain, only read. Raises InputError as `reading` does."""
    file = open_log(path, create=False, read_only=True)
    try:
        yield SqliteEventStore(file, SystemClock()), SqliteHashChain(file)
    finally:
        file.close()


def newest_at(path: Path) -> int | None:
    """When the newest commit of a log was made (ms); None for an empty one."""
    file = open_log(path, create=False, read_only=True)
    try:
        newest: int | None = file.query("SELECT max(at) FROM commits")[0][0]
    finally:
        file.close()
    return newest


@contextmanager
def research_log(path: Path, tables: InMemoryReadModels) -> Iterator[LogWithTablesApart]:
    """An event store in a file beside `path`, moved there at the end.

    Whatever goes wrong, interruption included, leaves nothing new behind. Raises InputError
    when the folder cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(partial)
        if path.is_dir():
            raise InputError(f"--events {path}: is a folder; give a file")
    except OSError as error:
        raise InputError(f"--events {path}: {error.strerror or error}") from error
    file = open_log(partial, create=True, durable=False)
    try:
        yield LogWithTablesApart(SqliteEventStore(file, SystemClock()), tables)
        SqliteHashChain(file).seal()
        file.close()
        partial.replace(path)
    except BaseException:
        # an interrupted or failed run must leave no file that looks like a finished one
        file.abandon()
        _clear(partial)
        raise


def _clear(partial: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
