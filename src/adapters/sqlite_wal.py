"""Write-ahead logging, switched on even while another process is switching it on as well."""

import sqlite3
import time

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. SQLite's own time-out does not wait for that, so we do.

    Raises sqlite3.OperationalError when the file stays locked for two seconds.
    """
    for left in range(200, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode & 0xFF not in _BUSY:
                raise
            time.sleep(0.01)
        else:
            return
