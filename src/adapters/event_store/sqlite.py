"""The log in one SQLite file, for one machine: a person's own trader, a backtest that is kept."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from sqlite3 import Connection
from typing import Any, Final

from adapters.event_store.hash_chain import START, link
from adapters.read_models.sqlite import encode_rows, write_rows
from adapters.sqlite_file import SqliteFile
from adapters.wire_format.decode import decode_events
from adapters.wire_format.encode import encode_events
from adapters.wire_format.pack import pack, unpack
from application.errors import Broken, Conflict
from application.ports.clock import Clock
from application.ports.read_models import Row
from domain.events import Commit
from domain.quick import maker

_made_commit = maker(Commit)

_PAGE: Final = 50
"""Commits read at a time: few enough that their events stay in the processor's cache."""
_NO_END: Final = 2**63 - 1
_COLUMNS = "position, stream, version, at, correlation, causation, writer, body"
_NEWEST = "SELECT last_version FROM commits WHERE stream = ? ORDER BY version DESC LIMIT 1"
_HEAD = "SELECT last_version, hash FROM commits WHERE stream = ? ORDER BY version DESC LIMIT 1"
_LAST = "SELECT coalesce(max(position), 0) FROM commits"
_INSERT = (
    "INSERT INTO commits (hash, position,"
    " stream, version, last_version, at, correlation, causation, writer, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
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
        # newest versions as known in one transaction: nobody else can append while it is open
        self._newest: dict[str, int] = {}
        self._hashes: dict[str, bytes] = {}
        self._position = 0
        self._turn = 0

    async def append(self, commits: Sequence[Commit], rows: Sequence[Row] = ()) -> None:
        """Append all or nothing; see the port.

        Raises Conflict; Broken for an event that cannot be written; ValueError for a commit
        without events; Retryable when the file is busy or the disk full, nothing written.
        """
        records = [_record(commit) for commit in commits]
        encoded = encode_rows(rows) if rows else ()
        with self._file.transaction() as connection:
            if self._turn != self._file.turn:
                self._newest.clear()
                self._hashes.clear()
                self._position = connection.execute(_LAST).fetchone()[0]
                self._turn = self._file.turn
            ahead = self._ahead(connection, records)
            if ahead is None:
                return
            for record in records:
                connection.execute(_INSERT, self._linked(record))
            self._newest.update(ahead)
            if encoded:
                write_rows(connection, encoded)

    def _ahead(
        self, connection: Connection, records: Sequence[tuple[Any, ...]]
    ) -> dict[str, int] | None:
        """Versions after the append; None when all of it was appended before; else Conflict."""
        ahead: dict[str, int] = {}
        repeated = 0
        for record in records:
            stream: str = record[0]
            newest = ahead.get(stream) or self._newest.get(stream)
            if newest is None:
                found = connection.execute(_HEAD, (stream,)).fetchone()
                newest, self._hashes[stream] = found or (0, START)
            if record[1] == newest + 1:
                ahead[stream] = record[2]
            elif connection.execute(_SAME, record).fetchone():
                repeated += 1
                ahead[stream] = newest
            else:
                raise Conflict(f"{stream} is at version {newest}, not at {record[1] - 1}")
        if repeated and repeated < len(records):
            raise Conflict("only a part of these commits was appended before")
        return None if repeated else ahead

    def _linked(self, record: tuple[Any, ...]) -> tuple[Any, ...]:
        """The record as it is inserted: with its hash and its position."""
        stream: str = record[0]
        self._position += 1
        chained = link(self._hashes[stream], self._position, *record)
        self._hashes[stream] = chained
        return (chained, self._position, *record)

    async def version(self, stream: str) -> int:
        """Version of the newest event; 0 for an unknown stream."""
        newest = self._newest.get(stream) if self._turn == self._file.open_turn() else None
        if newest is None:
            found = self._file.query(_NEWEST, (stream,))
            newest = found[0][0] if found else 0
        return newest

    async def read(
        self, stream: str, after_version: int = 0, through: int | None = None
    ) -> Sequence[Commit]:
        """Commits of a stream that hold events after one version, up to another; oldest first."""
        # versions never overlap: the commit that holds the first one starts at or before it
        found = self._file.query(
            f"SELECT {_COLUMNS} FROM commits WHERE stream = ?1 AND last_version > ?2"
            " AND version >= coalesce((SELECT max(version) FROM commits"
            " WHERE stream = ?1 AND version <= ?2 + 1), 0) AND version <= ?3 ORDER BY version",
            (stream, after_version, _NO_END if through is None else through),
        )
        return tuple([_commit(row) for row in found])

    def place_of(self, at: int) -> int:
        """Nothing stands before the beginning."""
        del at
        return 0

    async def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """(position, commit) after a position, in commit order, a page at a time."""
        while True:
            page = self._file.query(
                f"SELECT {_COLUMNS} FROM commits WHERE position > ? ORDER BY position LIMIT ?",
                (after, _PAGE),
            )
            commits, error = _page_of(page)
            for position, commit in commits:
                yield position, commit
            if error is not None:
                raise error
            if len(page) < _PAGE:
                return
            after = led_on(after, page[-1][0])

    async def follow(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """As read_all, then looks again every `poll_s` seconds of the clock, for ever."""
        while True:
            async for position, commit in self.read_all(after):
                after = position
                yield position, commit
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
        pack(encode_events(events)),
    )


def led_on(after: int, last: int) -> int:
    """Where the next page begins; Broken when a page did not lead on, which would never end."""
    if last <= after:
        text = f"position {last} stands behind {after}: the file is damaged; restore a copy of it"
        raise Broken(text)
    return last


def _page_of(rows: Sequence[Any]) -> tuple[list[tuple[int, Commit]], Broken | None]:
    """The commits of rows up to the first that cannot be read, and what is wrong with that one."""
    found: list[tuple[int, Commit]] = []
    # events hold no cycles: looking for some after every few hundred of them finds nothing
    collects = gc.isenabled()
    gc.disable()
    try:
        for row in rows:
            found.append((row[0], _commit(row)))  # noqa: PERF401 - what was read must be kept
    except Broken as error:
        return found, error
    finally:
        if collects:
            gc.enable()
    return found, None


def _commit(row: tuple[Any, ...]) -> Commit:
    """A commit from its columns; Broken, naming it, when its events cannot be read."""
    position, stream, version, at, correlation, causation, writer, body = row
    try:
        events = decode_events(unpack(body))
    except Broken as error:
        raise Broken(f"commit {position} ({stream}@{version}): {error}") from error
    return _made_commit(stream, version, events, at, correlation, causation, writer)
