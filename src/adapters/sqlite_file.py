"""One SQLite file that holds a log and its read models: opening it, checking it, writing to it.

Live logs are durable: every transaction is on the disk before it is acknowledged. Logs of
research group many appends into one transaction and trust the machine to stay up; what was
not flushed when it did not is missing from the end, never from the middle.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from adapters.sqlite_wal import write_ahead
from application.errors import Broken, Conflict, InputError, OutsideError, Retryable

APPLICATION_ID: Final = 0x43544C47
"""In the header of our files ("CTLG"), so that nobody's other database is taken for a log."""
FORMAT: Final = 2
"""user_version of the tables below; 1 had no hash chain and is only read."""
GROUP: Final = 2_000
"""Appends of a research log that share a transaction."""

_TABLES = (
    (
        "CREATE TABLE commits (position INTEGER PRIMARY KEY, stream TEXT NOT NULL,"
        " version INTEGER NOT NULL, last_version INTEGER NOT NULL, at INTEGER NOT NULL,"
        " correlation TEXT NOT NULL, causation TEXT NOT NULL, writer TEXT NOT NULL,"
        " hash BLOB NOT NULL, body BLOB NOT NULL)"
    ),
    # also what makes two first writers of one version impossible
    "CREATE UNIQUE INDEX commits_by_stream ON commits (stream, version)",
    # what a finished log holds: how many commits, their digest, and where each stream ends
    "CREATE TABLE seal (commits INTEGER NOT NULL, digest BLOB NOT NULL)",
    "CREATE TABLE heads (stream TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
    # `sort` has no type: whole numbers stay numbers and sort as such, texts stay texts
    (
        "CREATE TABLE rows (tbl TEXT NOT NULL, part TEXT NOT NULL, sort NOT NULL,"
        " body BLOB NOT NULL, flagged INTEGER NOT NULL, expires INTEGER,"
        " PRIMARY KEY (tbl, part, sort)) WITHOUT ROWID"
    ),
    "CREATE INDEX rows_flagged ON rows (tbl, part, sort) WHERE flagged = 1",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)


class SqliteFile:
    """An open file; one connection, used by one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, durable: bool) -> None:
        self.path = path
        self._connection = connection
        self._group = 1 if durable else GROUP
        self._grouped = 0
        self.turn = 0
        """Number of the newest transaction: what was read in it holds while it is open."""

    def open_turn(self) -> int | None:
        """The transaction that is open; None between two of them."""
        return self.turn if self._connection.in_transaction else None

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """One atomic write. Another writer in another process or thread is waited for.

        A Conflict must be raised before anything is written. Raises Retryable when the file
        is busy, the disk full or failing and nothing was written; InputError when a research
        log lost the appends since its last flush with it, or the file is not writable.
        """
        return self

    def __enter__(self) -> sqlite3.Connection:
        """Begin, unless a group is open. A method and no generator: this is for every append."""
        connection = self._connection
        if not connection.in_transaction:
            self._execute("BEGIN IMMEDIATE")
            self.turn += 1
        return connection

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Keep what was written, or undo it when that or the writing failed."""
        if error is None:
            if self._grouped + 1 < self._group:
                self._grouped += 1
            else:
                self._execute("COMMIT")
                self._grouped = 0
        elif isinstance(error, Conflict):
            if not self._grouped:
                self._roll_back()
        else:
            # interrupted halfway: better to lose a group than to keep half an append
            lost = self._roll_back()
            if isinstance(error, sqlite3.Error):
                raise _said(self.path, error, lost) from error

    def _execute(self, sql: str) -> None:
        """Begin or end a transaction; an error undoes it."""
        try:
            self._connection.execute(sql)
        except sqlite3.Error as error:
            raise _said(self.path, error, self._roll_back()) from error

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a question, what this connection wrote included.

        Raises Retryable when the file is busy, Broken when it is damaged.
        """
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _said(self.path, error, 0) from error

    def flush(self) -> None:
        """Make everything written so far visible to others, and kept. Raises as transaction."""
        if self._connection.in_transaction:
            self._execute("COMMIT")
            self._grouped = 0

    def close(self) -> None:
        """Flush and let go of the file."""
        try:
            self.flush()
        finally:
            self._connection.close()

    def abandon(self) -> None:
        """Let go of the file without keeping what was not flushed; safe to call again."""
        self._connection.close()

    def _roll_back(self) -> int:
        """Undo what is not committed; the number of acknowledged appends that this takes."""
        lost, self._grouped = self._grouped, 0
        # SQLite may have rolled back by itself, after a full disk for one
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        return lost


def open_log(
    path: Path | str,
    *,
    create: bool,
    read_only: bool = False,
    durable: bool = True,
    busy_timeout_s: float = 5.0,
    access: Callable[[Path, int], bool] = os.access,
) -> SqliteFile:
    """Open a log; with `create` a missing or empty file becomes one.

    `durable=False` is for research: no waiting for the disk, GROUP appends a transaction,
    other writers kept out in between. `access` says what this process may do with a path: root
    may do everything, whatever the file says. Raises InputError for a path or file that cannot
    be a log of ours, Retryable when somebody else holds the file longer than `busy_timeout_s`.
    """
    path = Path(path)
    create = create and not read_only
    _check_place(path, access, create=create, read_only=read_only)
    mode = "ro" if read_only else "rwc" if create else "rw"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    if read_only and not access(path.parent, os.W_OK) and not _has_wal(path):
        # nobody can write there, and SQLite could not make its side files either
        address += "&immutable=1"
    connection = None
    try:
        connection = sqlite3.connect(
            address, uri=True, timeout=busy_timeout_s, isolation_level=None
        )
        if create and _is_blank(connection):
            _create_tables(connection)
        _check_format(path, connection, read_only=read_only)
        if not read_only:
            _prepare(connection, durable=durable)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise _said_at_opening(path, error) from error
        raise
    return SqliteFile(path, connection, durable=durable or read_only)


def _check_place(
    path: Path, access: Callable[[Path, int], bool], *, create: bool, read_only: bool
) -> None:
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    if not path.exists():
        if not create:
            raise InputError(f"{path}: there is no such log")
        if not access(path.parent, os.W_OK):
            raise InputError(f"{path}: the folder {path.parent} cannot be written to")
        return
    if not access(path, os.R_OK):
        raise InputError(f"{path} cannot be read: ask for permission")
    if not read_only and not access(path, os.W_OK):
        raise InputError(f"{path} is read-only: ask for permission, or only read it")


def _has_wal(path: Path) -> bool:
    return path.with_name(path.name + "-wal").exists()


def _is_blank(connection: sqlite3.Connection) -> bool:
    return _header(connection) == (0, 0) and not connection.execute(
        "SELECT count(*) FROM sqlite_master"
    ).fetchone()[0]


def _header(connection: sqlite3.Connection) -> tuple[int, int]:
    """(application_id, user_version)."""
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return application, version


def _create_tables(connection: sqlite3.Connection) -> None:
    write_ahead(connection)
    connection.execute("BEGIN IMMEDIATE")
    # another process may have been here between the look and the lock
    if _is_blank(connection):
        for statement in _TABLES:
            connection.execute(statement)
    connection.execute("COMMIT")


def _check_format(path: Path, connection: sqlite3.Connection, *, read_only: bool) -> None:
    if _is_blank(connection):
        raise InputError(f"{path} is empty: it is not a log")
    application, version = _header(connection)
    if application != APPLICATION_ID:
        raise InputError(f"{path} is a database of another program, not a log; nothing was changed")
    if version > FORMAT:
        raise InputError(
            f"{path} has format {version} and this program knows {FORMAT}: "
            "a newer program wrote it, update this one"
        )
    if version < FORMAT and not read_only:
        raise InputError(
            f"{path} has format {version}, from before commits were chained: "
            "it can be read and audited, not written to; begin a new log"
        )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    missing = {"commits", "rows"} - tables
    if missing:
        raise InputError(f"{path} is damaged: the table {min(missing)} is missing")


def _prepare(connection: sqlite3.Connection, *, durable: bool) -> None:
    write_ahead(connection)
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
    # without it macOS acknowledges what is still in the cache of the disk
    connection.execute(f"PRAGMA fullfsync = {'ON' if durable else 'OFF'}")


def _said_at_opening(path: Path, error: sqlite3.Error) -> Exception:
    code = _code(error)
    if code == sqlite3.SQLITE_NOTADB:
        return InputError(f"{path} is not a log: it is no SQLite file; nothing was changed")
    if code == sqlite3.SQLITE_CORRUPT:
        return InputError(f"{path} is damaged: {error}; restore a copy of it")
    return _said(path, error, 0)


def _said(path: Path, error: sqlite3.Error, lost: int) -> Exception:
    """The error that tells what to do; `lost` acknowledged appends went with it."""
    kind: type[OutsideError] = Retryable
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            text = "another program is writing to it; nothing was written"
        case sqlite3.SQLITE_FULL:
            text = "the disk is full: make room; nothing was written"
        case sqlite3.SQLITE_IOERR:
            text = f"the disk failed ({error}); nothing was written"
        case sqlite3.SQLITE_READONLY:
            return InputError(f"{path} is open for reading only; nothing was written")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return InputError(f"{path} cannot be opened: {error}")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            kind, text = Broken, f"the file is damaged ({error}); restore a copy of it"
        case _ if "UTF-8" in str(error) or "no such" in str(error):
            # a text, or the name of a column, is not what was written
            kind, text = Broken, f"the file is damaged ({error}); restore a copy of it"
        case _:
            return error
    if lost:
        return InputError(
            f"{path}: {text}, and the {lost} appends before it that were not flushed are gone; "
            "run it again"
        )
    return kind(f"{path}: {text}")


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's primary result code; None for an error of the Python module itself."""
    return None if (code := getattr(error, "sqlite_errorcode", None)) is None else code & 0xFF
