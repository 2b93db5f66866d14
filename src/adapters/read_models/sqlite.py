"""Read models in the SQLite file of the log, written in the log's own transactions."""

from collections.abc import Callable, Sequence
from functools import cache
from sqlite3 import Connection
from typing import Any, TypeVar

import msgspec

from adapters.sqlite_file import SqliteFile
from application.errors import Broken
from application.ports.clock import Clock
from application.ports.read_models import Row, Table

R = TypeVar("R")
EncodedRow = tuple[str, str, int | str, bytes, bool, int | None]
"""tbl, part, sort, body, flagged, expires (ms)."""

_ENCODE = msgspec.json.Encoder().encode
_ALIVE = "(expires IS NULL OR expires >= ?)"


def encode_rows(rows: Sequence[Row]) -> list[EncodedRow]:
    """Rows as they stand in the file."""
    return [_encoded(table, row) for table, row in rows]


def _encoded(table: Table[Any], row: Any) -> EncodedRow:
    sort = table.sort(row)
    expires = None
    if table.lifetime_ms is not None:
        # a table whose rows expire has its time (ms) as sort key
        expires = int(sort) + table.lifetime_ms
    flagged = table.flag is not None and table.flag(row)
    return table.name, table.partition(row), sort, _ENCODE(row), flagged, expires


def write_rows(connection: Connection, rows: Sequence[EncodedRow]) -> None:
    """Put rows in place, inside the caller's transaction."""
    connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)", rows)


class SqliteReadModels:
    """Tables in one file. Expired rows are not returned; `clock` tells what is expired."""

    def __init__(self, file: SqliteFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    async def get(self, table: Table[R], partition: str, sort: int | str = "") -> R | None:
        """The row of a key, or None."""
        found = self._select(table, "part = ? AND sort = ?", (partition, sort))
        return found[0] if found else None

    async def newest(self, table: Table[R], partition: str, count: int) -> Sequence[R]:
        """The newest rows, at most `count`, oldest of them first."""
        # to SQLite a negative limit is none
        values = (partition, max(count, 0))
        rows = self._select(table, "part = ?", values, "ORDER BY sort DESC LIMIT ?")
        rows.reverse()
        return rows

    async def since(self, table: Table[R], partition: str, sort: int | str) -> Sequence[R]:
        """Rows whose sort key is at least `sort`, ascending."""
        return self._select(table, "part = ? AND sort >= ?", (partition, sort), "ORDER BY sort")

    async def flagged(self, table: Table[R]) -> Sequence[R]:
        """All rows that the flag marks, by key."""
        return self._select(table, "flagged = 1", (), "ORDER BY part, sort")

    async def everything(self, table: Table[R]) -> Sequence[R]:
        """All living rows, by key."""
        return self._select(table, "1", (), "ORDER BY part, sort")

    async def replace_all(self, tables: Sequence[Table[Any]], rows: Sequence[Row]) -> None:
        """Empty the tables and write these rows instead, in one transaction."""
        encoded = encode_rows(rows)
        with self._file.transaction() as connection:
            names = [(table.name,) for table in tables]
            connection.executemany("DELETE FROM rows WHERE tbl = ?", names)
            write_rows(connection, encoded)

    def purge(self) -> int:
        """Delete the rows that have expired; how many there were."""
        with self._file.transaction() as connection:
            gone = connection.execute("DELETE FROM rows WHERE expires < ?", (self._clock.now(),))
            return gone.rowcount

    def _select(
        self, table: Table[R], where: str, values: tuple[int | str, ...], rest: str = ""
    ) -> list[R]:
        limited = rest.endswith("LIMIT ?")
        last = values[-1:] if limited else ()
        found = self._file.query(
            f"SELECT body FROM rows WHERE tbl = ? AND {where} AND {_ALIVE} {rest}",
            (table.name, *(values[:-1] if limited else values), self._clock.now(), *last),
        )
        decode = _decoder(table.row_type)
        try:
            return [decode(body) for (body,) in found]
        except msgspec.MsgspecError as error:
            raise Broken(
                f"a row of {table.name} cannot be read ({error}): rebuild the read models"
            ) from error


@cache
def _decoder(row_type: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(row_type).decode
