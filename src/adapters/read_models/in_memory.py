"""Tables as dictionaries of sorted lists: what the contract means, without a database."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

from application.ports.clock import Clock
from application.ports.read_models import Row, Table

R = TypeVar("R")


class _Partition:
    """Sort keys and rows side by side, ascending."""

    __slots__ = ("keys", "rows")

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.rows: list[Any] = []

    def put(self, key: Any, row: Any) -> None:
        """Replace the row of a key, or insert it in its place."""
        keys = self.keys
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            self.rows[at] = row
        else:
            keys.insert(at, key)
            self.rows.insert(at, row)

    def first_since(self, key: Any) -> int:
        return bisect_left(self.keys, key)


class InMemoryReadModels:
    """All tables in this process. Expired rows are not returned; `clock` tells what is expired."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tables: defaultdict[str, defaultdict[str, _Partition]] = defaultdict(
            lambda: defaultdict(_Partition)
        )
        self._waiting: defaultdict[Table[Any], list[Any]] = defaultdict(list)
        self._flagged: defaultdict[str, dict[tuple[str, Any], Any]] = defaultdict(dict)
        # the flagged rows of a table by key, as readers get them
        self._listed: dict[str, list[Any]] = {}

    def write(self, rows: Sequence[Row]) -> None:
        """Put rows in place; the event store calls this inside its append.

        Rows of a table without flags are put in place when somebody next reads the table.
        """
        newest: Table[Any] | None = None
        waiting: list[Any] = []
        for table, row in rows:
            if table is newest:
                waiting.append(row)  # rows of one table come together
            elif table.flag is None:
                newest, waiting = table, self._waiting[table]
                waiting.append(row)
            else:
                name, key = table.partition(row), table.sort(row)
                self._tables[table.name][name].put(key, row)
                self._flag(table, name, key, row)

    def _settle(self, table: Table[Any]) -> defaultdict[str, _Partition]:
        """The table's partitions with every row in place."""
        partitions = self._tables[table.name]
        waiting = self._waiting[table]
        if waiting:
            name_of, key_of = table.partition, table.sort
            for row in waiting:
                partition, key = partitions[name_of(row)], key_of(row)
                keys = partition.keys
                if not keys or key > keys[-1]:
                    keys.append(key)  # time goes on: nearly every row is the newest
                    partition.rows.append(row)
                else:
                    partition.put(key, row)
            waiting.clear()
        return partitions

    def _flag(self, table: Table[Any], name: str, key: Any, row: Any) -> None:
        flagged = self._flagged[table.name]
        if table.flag is not None and table.flag(row):
            flagged[name, key] = row
        elif flagged.pop((name, key), None) is None:
            return
        # a new list for the next reader: somebody may be going through the old one
        self._listed.pop(table.name, None)

    async def get(self, table: Table[R], partition: str, sort: int | str = "") -> R | None:
        """The row of a key, or None."""
        # spelled out: this is asked several times at every tick
        if self._waiting[table]:
            self._settle(table)
        found = self._tables[table.name].get(partition)
        if found is None:
            return None
        if table.sort_name is None:
            only: R = found.rows[0]
            return only
        keys = found.keys
        at = bisect_left(keys, sort)
        if at == len(keys) or keys[at] != sort or at < self._alive(table, found):
            return None
        row: R = found.rows[at]
        return row

    async def newest(self, table: Table[R], partition: str, count: int) -> Sequence[R]:
        """The newest rows, at most `count`, oldest of them first."""
        found = self._partition(table, partition)
        if found is None or count < 1:
            return ()
        rows = found.rows[-count:]
        lifetime = table.lifetime_ms
        if lifetime is not None and rows:
            # usually all are alive: then one comparison is all that expiry costs
            oldest = found.keys[-len(rows)]
            if oldest < self._clock.now() - lifetime:
                return rows[max(0, self._alive(table, found) - (len(found.rows) - len(rows))) :]
        return rows

    async def since(self, table: Table[R], partition: str, sort: int | str) -> Sequence[R]:
        """Rows whose sort key is at least `sort`, ascending."""
        found = self._partition(table, partition)
        if found is None:
            return ()
        return found.rows[max(found.first_since(sort), self._alive(table, found)) :]

    async def flagged(self, table: Table[R]) -> Sequence[R]:
        """All rows that the flag marks, by key."""
        rows = self._listed.get(table.name)
        if rows is None:
            flagged = self._flagged[table.name]
            rows = self._listed[table.name] = [flagged[place] for place in sorted(flagged)]
        if table.lifetime_ms is None or not rows:
            return rows
        oldest = self._clock.now() - table.lifetime_ms
        return [row for row in rows if table.sort(row) >= oldest]  # type: ignore[operator]

    async def everything(self, table: Table[R]) -> Sequence[R]:
        """All living rows, by key."""
        partitions = self._settle(table)
        return [
            row
            for name in sorted(partitions)
            for row in partitions[name].rows[self._alive(table, partitions[name]) :]
        ]

    async def replace_all(self, tables: Sequence[Table[Any]], rows: Sequence[Row]) -> None:
        """Empty the tables and write these rows instead."""
        for table in tables:
            self._tables.pop(table.name, None)
            self._waiting.pop(table, None)
            self._flagged.pop(table.name, None)
            self._listed.pop(table.name, None)
        self.write(rows)

    def _partition(self, table: Table[Any], name: str) -> _Partition | None:
        return self._settle(table).get(name)

    def _alive(self, table: Table[Any], partition: _Partition) -> int:
        """Index of the first row that has not expired."""
        if table.lifetime_ms is None:
            return 0
        return partition.first_since(self._clock.now() - table.lifetime_ms)
