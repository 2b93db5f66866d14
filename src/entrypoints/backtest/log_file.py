"""The log of a run in a file that appears only when the run is complete."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.event_store.sqlite import SqliteEventStore, open_log
from adapters.event_store.with_tables_apart import LogWithTablesApart
from application.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.read_models.in_memory import InMemoryReadModels


@contextmanager
def research_log(path: Path, tables: InMemoryReadModels) -> Iterator[LogWithTablesApart]:
    """An event store in a file beside `path`, moved there at the end.

    Whatever goes wrong, interruption included, leaves nothing new behind. Raises InputError
    when the folder cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    _clear(partial)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store: SqliteEventStore = open_log(partial, create=True, durable=False)
    except OSError as error:
        raise InputError(f"--events {path}: {error.strerror or error}") from error
    try:
        yield LogWithTablesApart(store, tables)
        store.close()
        os.replace(partial, path)
    finally:
        store.close()
        _clear(partial)


def _clear(partial: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
