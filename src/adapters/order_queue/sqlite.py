"""A queue in a small SQLite file beside the log, for one machine: it outlives its processes.

Several processes may send and receive, each through a queue of its own. Every change is on
the disk before it is acknowledged.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from adapters.sqlite_file import SqliteFile
from adapters.sqlite_wal import write_ahead
from application.errors import InputError
from application.ports.clock import Clock
from application.ports.order_queue import RECEIVES, VISIBILITY_S, Message

APPLICATION_ID: Final = 0x4354_4F51
"""In the header of our files ("CTOQ"), so that nobody's other database is taken for a queue."""

_TABLES = (
    # numbers are never used again, so that an old receipt never fits a newer message
    (
        "CREATE TABLE messages (number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL,"
        " receives INTEGER NOT NULL, visible_at INTEGER NOT NULL)"
    ),
    "CREATE TABLE dead (number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE)",
    f"PRAGMA application_id = {APPLICATION_ID}",
)
_OLDEST = "SELECT number, order_id, receives, visible_at FROM messages ORDER BY number LIMIT 1"


class SqliteOrderQueue:
    """Orders of one account in one file. Raises Retryable while another process holds it."""

    def __init__(
        self, file: SqliteFile, clock: Clock, *, visibility_s: float = VISIBILITY_S
    ) -> None:
        self._file = file
        self._clock = clock
        self._visibility = round(visibility_s * 1000)

    async def send(self, order: str) -> None:
        """Put an id at the end, unless it waits already."""
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (order_id, receives, visible_at) SELECT ?1, 0, 0 WHERE"
                " NOT EXISTS (SELECT 1 FROM messages WHERE order_id = ?1 AND visible_at <= ?2)",
                (order, self._clock.now()),
            )

    async def receive(self) -> Message | None:
        """Hand out the oldest message, or nothing."""
        now = self._clock.now()
        waiting = self._file.query(_OLDEST)
        if not waiting or waiting[0][3] > now:
            return None  # the usual case, without keeping writers out
        with self._file.transaction() as connection:
            while (oldest := connection.execute(_OLDEST).fetchone()) is not None:
                number, order, receives, visible_at = oldest
                if visible_at > now:
                    return None
                if receives < RECEIVES:
                    connection.execute(
                        "UPDATE messages SET receives = ?, visible_at = ? WHERE number = ?",
                        (receives + 1, now + self._visibility, number),
                    )
                    return Message(order, f"{number}.{receives + 1}", receives + 1)
                connection.execute(
                    "INSERT OR IGNORE INTO dead (number, order_id) VALUES (?, ?)", (number, order)
                )
                connection.execute("DELETE FROM messages WHERE number = ?", (number,))
        return None

    async def done(self, message: Message) -> None:
        """Take the message off while its receipt holds."""
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM messages WHERE number || '.' || receives = ? AND visible_at > ?",
                (message.receipt, self._clock.now()),
            )

    async def dead(self) -> Sequence[str]:
        """Orders that were given up."""
        found = self._file.query("SELECT order_id FROM dead ORDER BY number")
        return tuple(order for (order,) in found)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def open_queue(path: Path, *, busy_timeout_s: float = 5.0) -> SqliteFile:
    """Open the queue's file; a missing or empty one becomes a queue.

    Raises InputError for a path or file that cannot be a queue of ours.
    """
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        is_blank = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        for statement in _TABLES if is_blank else ():
            connection.execute(statement)
        is_ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        connection.execute("COMMIT" if is_ours else "ROLLBACK")
        if is_ours:
            write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise InputError(f"{path} cannot be opened as an order queue: {error}") from error
    if not is_ours:
        connection.close()
        raise InputError(f"{path} is a database of another kind, not an order queue")
    return SqliteFile(path, connection, durable=True)
