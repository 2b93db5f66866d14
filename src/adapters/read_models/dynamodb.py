"""Read models in tables of DynamoDB. Writing goes through the event store, but for a rebuild."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec

from adapters.aws_calls import call
from adapters.read_models.dynamodb_items import (
    OPEN,
    Item,
    key_of,
    pages,
    partition_key,
    physical,
    row_actions,
    sort_key,
)
from application.errors import Broken, Retryable
from application.ports.clock import Clock
from application.ports.read_models import Row, Table

R = TypeVar("R")

_BATCH: Final = 25
"""Writes that BatchWriteItem takes in one call."""
_TRIES: Final = 8
"""Calls for one batch before giving up: together some 25 s."""


class DynamoReadModels:
    """Tables named `prefix` + name. Expired rows are not returned; `clock` tells what is expired.

    All reads are strongly consistent: projections read rows that were just written. DynamoDB
    deletes an expired row days later, so expiry is judged here, by the row's own time in ms.
    """

    def __init__(self, client: Any, prefix: str, clock: Clock) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock

    async def get(self, table: Table[R], partition: str, sort: int | str = "") -> R | None:
        """The row of a key, or None."""
        answer = call(
            f"read of {table.name}",
            self._client.get_item,
            TableName=physical(self._prefix, table),
            Key=key_of(table, partition, sort),
            ConsistentRead=True,
        )
        found = self._rows(table, [answer["Item"]] if "Item" in answer else [])
        return found[0] if found else None

    async def newest(self, table: Table[R], partition: str, count: int) -> Sequence[R]:
        """The newest rows, at most `count`, oldest of them first."""
        if count < 1:
            return []
        found = self._query(table, partition, None, ScanIndexForward=False, Limit=count)
        mine = (item for item in found if _kind(item) == table.name)
        rows = self._rows(table, islice(mine, count))
        rows.reverse()
        return rows

    async def since(self, table: Table[R], partition: str, sort: int | str) -> Sequence[R]:
        """Rows whose sort key is at least `sort`, ascending."""
        return self._rows(table, self._query(table, partition, sort))

    async def flagged(self, table: Table[R]) -> Sequence[R]:
        """All rows that the flag marks, by key.

        Of a table without a sort key every row is read: such tables hold a handful.
        """
        if table.sort_name is None:
            assert table.flag is not None
            return list(filter(table.flag, self._rows_by_key(table, self._scan(table))))
        return self._rows_by_key(
            table,
            pages(
                f"read of {table.name}",
                self._client.query,
                TableName=physical(self._prefix, table),
                KeyConditionExpression="#p = :p",
                ExpressionAttributeNames={"#p": table.partition_name},
                ExpressionAttributeValues={":p": {"S": OPEN}},
                ConsistentRead=True,
            ),
        )

    async def everything(self, table: Table[R]) -> Sequence[R]:
        """All living rows, by key. Reads the whole physical table."""
        items = self._scan(table)
        return self._rows_by_key(table, (item for item in items if not _is_copy(table, item)))

    async def replace_all(self, tables: Sequence[Table[Any]], rows: Sequence[Row]) -> None:
        """Write these rows, then delete what else the tables hold.

        DynamoDB has no transaction of that size: a reader meanwhile sees old rows beside new
        ones, never fewer than there should be. Doing it again after a crash finishes the work.
        Raises Retryable where DynamoDB goes on refusing a part of it.
        """
        puts = {
            place: action
            for place, action in row_actions(self._prefix, rows).items()
            if "Put" in action
        }
        await self._write(list(puts.values()))
        kinds = {table.name for table in tables}
        for name, table in {physical(self._prefix, one): one for one in tables}.items():
            found = [_key(table, item) for item in self._scan(table) if _kind(item) in kinds]
            gone = [key for key in found if (name, str(key)) not in puts]
            await self._write([{"Delete": {"TableName": name, "Key": key}} for key in gone])

    async def _write(self, actions: Sequence[dict[str, dict[str, Any]]]) -> None:
        """Puts and deletes of different keys, in batches, until none is left over."""
        for first in range(0, len(actions), _BATCH):
            left: dict[str, list[Any]] = {}
            for action in actions[first : first + _BATCH]:
                ((kind, asked),) = action.items()
                part = "Item" if kind == "Put" else "Key"
                request = {f"{kind}Request": {part: asked[part]}}
                left.setdefault(asked["TableName"], []).append(request)
            for turn in range(_TRIES):
                answer = call(
                    "rebuild of read models", self._client.batch_write_item, RequestItems=left
                )
                left = answer.get("UnprocessedItems") or {}
                if not left:
                    break
                await self._clock.sleep(0.1 * 2**turn)
            else:
                raise Retryable(
                    f"DynamoDB left {sum(map(len, left.values()))} rows unwritten after {_TRIES} "
                    "calls: rebuild the read models again"
                )

    def _query(
        self, table: Table[Any], partition: str, since: int | str | None, **how: Any
    ) -> Iterable[Item]:
        """Items of a partition that have not expired, from a sort key on, a page at a time."""
        assert table.sort_name is not None
        oldest = self._oldest(table)
        if since is None or (oldest is not None and int(since) < oldest):
            since = oldest
        names, values = {"#p": table.partition_name}, {":p": partition_key(partition)}
        condition = "#p = :p"
        if since is not None:
            condition += " AND #s >= :s"
            names["#s"], values[":s"] = table.sort_name, sort_key(since)
        return pages(
            f"read of {table.name}",
            self._client.query,
            TableName=physical(self._prefix, table),
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **how,
        )

    def _scan(self, table: Table[Any]) -> Iterable[Item]:
        return pages(
            f"read of {table.name}",
            self._client.scan,
            TableName=physical(self._prefix, table),
            ConsistentRead=True,
        )

    def _oldest(self, table: Table[Any]) -> int | None:
        """The time (ms) of the oldest row that has not expired."""
        return None if table.lifetime_ms is None else self._clock.now() - table.lifetime_ms

    def _rows(self, table: Table[R], items: Iterable[Item]) -> list[R]:
        """Rows of one table, of those that share a physical one; expired ones left out."""
        decode = _decoder(table.row_type)
        try:
            rows = [decode(item["body"]["S"]) for item in items if _kind(item) == table.name]
        except (msgspec.MsgspecError, KeyError) as error:
            raise Broken(
                f"a row of {table.name} cannot be read ({error}): rebuild the read models"
            ) from error
        oldest = self._oldest(table)
        return rows if oldest is None else [row for row in rows if int(table.sort(row)) >= oldest]

    def _rows_by_key(self, table: Table[R], items: Iterable[Item]) -> list[R]:
        rows = self._rows(table, items)
        rows.sort(key=lambda row: (table.partition(row), table.sort(row)))
        return rows


def _is_copy(table: Table[Any], item: Item) -> bool:
    return item[table.partition_name] == {"S": OPEN}


def _key(table: Table[Any], item: Item) -> Item:
    names = [table.partition_name]
    if table.sort_name is not None:
        names.append(table.sort_name)
    return {name: item[name] for name in names}


def _kind(item: Item) -> str | None:
    """The name of the read model that an item belongs to."""
    return item.get("kind", {}).get("S")


@cache
def _decoder(row_type: Any) -> Callable[[str], Any]:
    return msgspec.json.Decoder(row_type).decode
