"""Tables being rebuilt: as much of them as a projection reads, in dictionaries."""

from collections.abc import Sequence
from typing import Any, TypeVar

from application.ports.read_models import Row, Table

R = TypeVar("R")


class ScratchTables:
    """Rows by table and key. Nothing expires: a fold must not depend on when it runs."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, int | str], Row] = {}

    def write(self, rows: Sequence[Row]) -> None:
        """Put rows in place; the newest of a key stays."""
        for table, row in rows:
            self._rows[table.name, table.partition(row), table.sort(row)] = (table, row)

    async def get(self, table: Table[R], partition: str, sort: int | str = "") -> R | None:
        """The row of a key, or None."""
        found: tuple[Table[Any], R] | None = self._rows.get((table.name, partition, sort))
        return found[1] if found is not None else None

    def rows(self) -> list[Row]:
        """Every row with its table."""
        return list(self._rows.values())
