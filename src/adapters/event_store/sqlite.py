"""The log in one SQLite file, for one machine: a person's own trader, a backtest that is kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from sqlite3 import Connection
from typing import Any, Final

from adapters.event_store.sqlite_file import SqliteFile
from adapters.read_models.sqlite import encode_rows, write_rows
from adapters.wire_format.decode import decode_events
from adapters.wire_format.encode import encode_events
from application.errors import Broken, Conflict
from application.ports.clock import Clock
from application.ports.read_models import Row
from domain.events import Commit

_PAGE: Final = 1_000
_COLUMNS = "position, stream, version, at, correlation, causation, writer, body"
_NEWEST = "SELECT last_version FROM commits WHERE stream = ? ORDER BY version DESC LIMIT 1"
_INSERT = (
    "INSERT INTO commits (stream, version, last_version, at, correlation, causation, writer, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SAME = (
    "SELECT 1 FROM commits WHERE stream = ? AND version = ? AND last_version = ? AND at = ?"
    " AND correlation = ? AND causation = ? AND writer = ? AND body = ?"
)


class SqliteEventStore:
    """Commits in a file that several processes may write to, each through a store of its own.

    Calls are short and local, so they run where they are awaited, without a thread.
    """

    def __init__(self, file: SqliteFile, clock: Clock, *, poll_s: float = 1.0) -> None:
        self._file = file
        self._clock = clock
        self._poll_s = poll_s

    async def append(self, commits: Sequence[Commit], rows: Sequence[Row] = ()) -> None:
        """Append all or nothing; see the port.

        Raises Conflict; Broken for an event that cannot be written; ValueError for a commit
        without events; Retryable when the file is busy or the disk full, nothing written.
        """
        records = [_record(commit) for commit in commits]
        encoded = encode_rows(rows) if rows else ()
        with self._file.transaction() as connection:
            if _is_repeated(connection, records):
                return
            for record in records:
                connection.execute(_INSERT, record)
            if encoded:
                write_rows(connection, encoded)

    async def version(self, stream: str) -> int:
        """Version of the newest event; 0 for an unknown stream."""
        found = self._file.query(_NEWEST, (stream,))
        return found[0][0] if found else 0

    async def read(self, stream: str, after_version: int = 0) -> Sequence[Commit]:
        """Commits of a stream that hold events after a version, oldest first."""
        found = self._file.query(
            f"SELECT {_COLUMNS} FROM commits WHERE stream = ? AND last_version > ?"
            " ORDER BY version",
            (stream, after_version),
        )
        return tuple([_commit(row) for row in found])

    async def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """(position, commit) after a position, in commit order, a page at a time."""
        while True:
            page = self._file.query(
                f"SELECT {_COLUMNS} FROM commits WHERE position > ? ORDER BY position LIMIT ?",
                (after, _PAGE),
            )
            for row in page:
                after = row[0]
                yield after, _commit(row)
            if len(page) < _PAGE:
                return

    async def follow(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """As read_all, then looks again every `poll_s` seconds of the clock, for ever."""
        while True:
            async for after, commit in self.read_all(after):
                yield after, commit
            await self._clock.sleep(self._poll_s)
            # a simulated clock comes back at once and would never let the writer run
            await asyncio.sleep(0)

    def flush(self) -> None:
        """Keep what a research log has grouped so far; a durable log has nothing to do."""
        self._file.flush()

    def close(self) -> None:
        """Flush and let go of the file, for the read models on it too."""
        self._file.close()


def _record(commit: Commit) -> tuple[Any, ...]:
    """A commit as its columns after the position."""
    events = commit.events
    if not events:
        raise ValueError(f"a commit to {commit.stream} has no events")
    version = commit.version
    return (
        commit.stream,
        version,
        version + len(events) - 1,
        commit.at,
        commit.correlation,
        commit.causation,
        commit.writer,
        encode_events(events),
    )


def _is_repeated(connection: Connection, records: Sequence[tuple[Any, ...]]) -> bool:
    """False when all are new, True when all were appended before; Conflict for anything else."""
    newest: dict[str, int] = {}
    repeated = 0
    for record in records:
        stream: str = record[0]
        if stream not in newest:
            found = connection.execute(_NEWEST, (stream,)).fetchone()
            newest[stream] = found[0] if found else 0
        if record[1] == newest[stream] + 1:
            newest[stream] = record[2]
        elif connection.execute(_SAME, record).fetchone():
            repeated += 1
        else:
            raise Conflict(f"{stream} is at version {newest[stream]}, not at {record[1] - 1}")
    if repeated and repeated < len(records):
        raise Conflict("only a part of these commits was appended before")
    return repeated > 0


def _commit(row: tuple[Any, ...]) -> Commit:
    """A commit from its columns; Broken, naming it, when its events cannot be read."""
    position, stream, version, at, correlation, causation, writer, body = row
    try:
        events = decode_events(body)
    except Broken as error:
        raise Broken(f"commit {position} ({stream}@{version}): {error}") from error
    return Commit(stream, version, events, at, correlation, causation, writer)
