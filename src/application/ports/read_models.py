"""Tables derived from the log: written together with the events, dropped and rebuilt at will."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs

R = TypeVar("R")


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class Table(Generic[R]):
    """One read model: row type, key and lifetime, shared by its writer and its readers.

    `sort` is an int (ms) or a text, None where the partition alone is the key. Rows older
    than `lifetime_ms` (by their sort key) are gone for every reader. `flag` marks the few
    rows that can be asked for across all partitions, such as open positions.
    """

    name: str
    row_type: Any
    partition_name: str
    sort_name: str | None
    partition: Callable[[R], str]
    sort: Callable[[R], int | str]
    lifetime_ms: int | None
    flag: Callable[[R], bool] | None = None


Row = tuple[Table[Any], Any]
"""A row to be written, with its table."""


class ReadModels(Protocol):
    """Rows by partition and sort key. Writing goes through EventStore.append."""

    async def get(self, table: Table[R], partition: str, sort: int | str = "") -> R | None:
        """The row of a key, or None."""
        ...

    async def newest(self, table: Table[R], partition: str, count: int) -> Sequence[R]:
        """The newest rows of a partition, at most `count`, oldest of them first."""
        ...

    async def since(self, table: Table[R], partition: str, sort: int | str) -> Sequence[R]:
        """Rows of a partition whose sort key is at least `sort`, ascending."""
        ...

    async def flagged(self, table: Table[R]) -> Sequence[R]:
        """All rows that the table's flag marks, whatever the number of others, by key."""
        ...

    async def everything(self, table: Table[R]) -> Sequence[R]:
        """All rows of the table, by key."""
        ...

    async def replace_all(self, tables: Sequence[Table[Any]], rows: Sequence[Row]) -> None:
        """Empty the tables and write these rows instead, atomically."""
        ...
