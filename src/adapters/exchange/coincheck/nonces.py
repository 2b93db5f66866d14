"""Numbers that only rise, and one call in flight per key, in all processes of this machine.

Nonces are microseconds. The unit was chosen once: a key that has seen microseconds turns away
milliseconds for ever. The newest number is kept in a file, so that neither a restart nor a clock
that is put back can make it fall. A mark in the future is counted up from.
"""

import asyncio
import fcntl
import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Final, Protocol

from application.errors import ConfigurationError, Retryable
from application.ports.clock import Clock

UNIT: Final = "us"
LARGEST: Final = 2**63 - 1
"""The exchange takes no larger nonce."""
_APPLICATION_ID: Final = 0x43544E43
_FORMAT: Final = 1
_POLL_S: Final = 0.02
_TABLE: Final = (
    "CREATE TABLE nonces (key TEXT PRIMARY KEY, unit TEXT NOT NULL, last INTEGER NOT NULL)"
    " WITHOUT ROWID"
)


class Nonces(Protocol):
    """Where the numbers of a key come from."""

    def reserve(self, key_id: str, now: int) -> int:
        """A number larger than any before; `now` in ms.

        Raises ConfigurationError for a mark of another unit, Retryable when the mark cannot be
        kept just now.
        """
        ...

    def turn(self, key_id: str, clock: Clock, wait_s: float) -> AbstractAsyncContextManager[None]:
        """Be the only one who calls with this key. Raises Retryable after `wait_s`."""
        ...


class InMemoryNonces:
    """For one process that never restarts: tests, and keys made for one run."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def reserve(self, key_id: str, now: int) -> int:
        """The next number."""
        self._last[key_id] = next_number(now, self._last.get(key_id, 0))
        return self._last[key_id]

    @asynccontextmanager
    async def turn(self, key_id: str, clock: Clock, wait_s: float) -> AsyncIterator[None]:
        """Wait for the other tasks."""
        del clock
        async with held(self._locks[key_id], wait_s):
            yield


class SqliteNonces:
    """A small file, shared by all processes that use a key; keys stand in it as hashes.

    Beside it lies one lock file per key, held during a call. Raises ConfigurationError for a
    file that is something else.
    """

    def __init__(self, path: Path | str, *, busy_timeout_s: float = 1.0) -> None:
        self.path = Path(path)
        self._busy_timeout_s = busy_timeout_s
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        if not self.path.parent.is_dir():
            raise ConfigurationError(
                f"nonce file {self.path}: the folder {self.path.parent} does not exist; create it"
            )
        with closing(self._connect()) as connection:
            try:
                self._prepare(connection)
            except sqlite3.Error as error:
                raise self._said(error) from error

    def reserve(self, key_id: str, now: int) -> int:
        """The next number, on the disk before it is given out."""
        key = hashed(key_id)
        with closing(self._connect()) as connection:
            try:
                # a process that dies in here has used up a number, or none
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                number = next_number(now, self._last(connection, key))
                connection.execute(
                    "INSERT INTO nonces VALUES (?, ?, ?)"
                    " ON CONFLICT (key) DO UPDATE SET last = excluded.last",
                    (key, UNIT, number),
                )
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._said(error) from error
        return number

    def last(self, key_id: str) -> int:
        """The newest number of a key; 0 before the first. Raises as `reserve` does."""
        with closing(self._connect()) as connection:
            try:
                return self._last(connection, hashed(key_id))
            except sqlite3.Error as error:
                raise self._said(error) from error

    @asynccontextmanager
    async def turn(self, key_id: str, clock: Clock, wait_s: float) -> AsyncIterator[None]:
        """Wait for the other tasks, then for the other processes."""
        until = clock.now() + round(wait_s * 1000)
        async with held(self._locks[key_id], wait_s):
            path = self.path.with_name(f"{self.path.name}.{hashed(key_id)[:16]}.lock")
            try:
                # left there for good: a deleted lock file would let two in
                file = path.open("ab")
            except OSError as error:
                raise ConfigurationError(f"nonce lock {path} cannot be opened: {error}") from error
            with file:
                while not _locked(file.fileno()):
                    if clock.now() >= until:
                        raise Retryable(f"another process has called with this key for {wait_s} s")
                    await clock.sleep(_POLL_S)
                    await asyncio.sleep(0)
                yield  # closing the file lets the next one in, as does the death of the process

    def _connect(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(self.path, timeout=self._busy_timeout_s, isolation_level=None)
        except sqlite3.Error as error:
            raise self._said(error) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        if not tables and (application, version) == (0, 0):
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
        elif (application, version) != (_APPLICATION_ID, _FORMAT):
            raise ConfigurationError(
                f"{self.path} is not a nonce file of this program; name another path"
            )
        connection.execute("COMMIT")

    def _last(self, connection: sqlite3.Connection, key: str) -> int:
        row = connection.execute("SELECT unit, last FROM nonces WHERE key = ?", (key,)).fetchone()
        if row is None:
            return 0
        unit, last = row
        if unit != UNIT:
            raise ConfigurationError(
                f"nonce file {self.path}: this key was used with nonces in {unit!r}, and this "
                f"program counts in {UNIT!r}: make a new API key at the exchange"
            )
        if not isinstance(last, int) or last < 0:
            raise ConfigurationError(
                f"nonce file {self.path}: the mark {last!r} is damaged: make a new API key at the "
                "exchange and delete the file"
            )
        return last

    def _said(self, error: sqlite3.Error) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
            return Retryable(f"nonce file {self.path}: {error}; no number was given out")
        return ConfigurationError(
            f"nonce file {self.path}: {error}; repair the file or its place. If it is lost, make "
            "a new API key at the exchange"
        )


def next_number(now: int, last: int) -> int:
    """The number after `last`, not before the time (`now` in ms). Raises ConfigurationError."""
    number = max(now * 1000, last + 1)
    if number > LARGEST:
        raise ConfigurationError("the nonces of this key are used up: make a new API key")
    return number


def hashed(key_id: str) -> str:
    """What stands for a key where numbers are kept: 64 hex digits."""
    return hashlib.sha256(key_id.encode()).hexdigest()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ConfigurationError(
            f"the nonce file's folder cannot lock files ({error}): keep it on a local disk"
        ) from error
    return True


@asynccontextmanager
async def held(lock: asyncio.Lock, wait_s: float) -> AsyncIterator[None]:
    """Hold a lock of this process. Raises Retryable after `wait_s`."""
    try:
        async with asyncio.timeout(wait_s):
            await lock.acquire()
    except TimeoutError:
        raise Retryable(f"other calls with this key took longer than {wait_s} s") from None
    try:
        yield
    finally:
        lock.release()
