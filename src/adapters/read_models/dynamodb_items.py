"""Rows of read models as items of DynamoDB, shared by the event store that writes them.

A row is one item: the table's own key, `kind` (the table's name, because names after a dot share
the physical table before it), `body` (the row as JSON) and `ttl` (epoch seconds, rounded up).
A flagged row of a table with a sort key has a copy in the partition `#open`, written and deleted
together with it, so that the few flagged ones are found whatever the number of others.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

import msgspec

from adapters.aws_calls import call
from application.ports.read_models import Row, Table

Item = dict[str, dict[str, Any]]
Action = dict[str, dict[str, Any]]
"""One element of TransactItems: {"Put": ...} or {"Delete": ...}."""
Place = tuple[str, str]
"""A physical table and the text of a primary key in it."""

OPEN: Final = "#open"
"""The partition of the copies of flagged rows."""
MOST_BYTES: Final = 400 * 1024
"""DynamoDB takes no larger item; names of attributes count."""
_ENCODE = msgspec.json.Encoder().encode
_NUMBER_BYTES: Final = 21


def physical(prefix: str, table: Table[Any]) -> str:
    """The name of the table that holds a read model."""
    return prefix + table.name.partition(".")[0]


def number(value: int) -> dict[str, Any]:
    """An int as DynamoDB takes it."""
    return {"N": str(value)}


def text(value: str) -> dict[str, Any]:
    """A text as DynamoDB takes it."""
    return {"S": value}


def partition_key(partition: str) -> dict[str, Any]:
    """A partition as a key attribute: never empty, never that of the copies."""
    if partition == OPEN:
        return text(f"\0{partition}")
    return _key_text(partition)


def sort_key(sort: int | str) -> dict[str, Any]:
    """A sort key as an attribute, in the same order: numbers as numbers, texts by their bytes."""
    return _key_text(sort) if isinstance(sort, str) else number(sort)


def _key_text(value: str) -> dict[str, Any]:
    # a key may not be empty; the lowest character keeps the order of all others
    return text(f"\0{value}" if value[:1] in ("", "\0") else value)


def key_of(table: Table[Any], partition: str, sort: int | str) -> Item:
    """The primary key of a row."""
    key = {table.partition_name: partition_key(partition)}
    if table.sort_name is not None:
        key[table.sort_name] = sort_key(sort)
    return key


def _copy_key(table: Table[Any], partition: str, sort: int | str) -> Item:
    """The primary key of a flagged row's copy. Partition and sort key can be told apart in it."""
    assert table.sort_name is not None
    place = f"{quote(partition, safe='')}/{sort}"
    if isinstance(sort, str):
        return {table.partition_name: text(OPEN), table.sort_name: text(place)}
    # where sort keys are numbers, a number that no two places share
    digits = int.from_bytes(sha256(place.encode()).digest()[:15])
    return {table.partition_name: text(OPEN), table.sort_name: number(digits)}


def row_actions(prefix: str, rows: Sequence[Row]) -> dict[Place, Action]:
    """What writes these rows, by the place that is written; of several rows there, the last.

    Raises ValueError for a row that is larger than an item may be.
    """
    actions: dict[Place, Action] = {}
    for table, row in rows:
        name = physical(prefix, table)
        partition, sort = table.partition(row), table.sort(row)
        content = {"kind": text(table.name), "body": text(_ENCODE(row).decode())}
        if table.lifetime_ms is not None:
            # a table whose rows expire has its time (ms) as sort key
            content["ttl"] = number(-(-(int(sort) + table.lifetime_ms) // 1000))
        key = key_of(table, partition, sort)
        size = size_of(key | content)
        if size > MOST_BYTES:
            raise ValueError(
                f"a row of {name} has {size} bytes and DynamoDB takes {MOST_BYTES}: make it smaller"
            )
        actions[name, str(key)] = {"Put": {"TableName": name, "Item": key | content}}
        if table.flag is not None and table.sort_name is not None:
            key = _copy_key(table, partition, sort)
            actions[name, str(key)] = (
                {"Put": {"TableName": name, "Item": key | content}}
                if table.flag(row)
                else {"Delete": {"TableName": name, "Key": key}}
            )
    return actions


def size_of(item: Item) -> int:
    """Bytes that DynamoDB counts for an item or a key, at most; names included."""
    size = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        if kind == "N":
            held = _NUMBER_BYTES
        else:
            held = len(content) if kind == "B" else len(content.encode())
        size += len(name.encode()) + held
    return size


def pages(what: str, read: Any, /, **arguments: Any) -> Iterator[Item]:
    """The items of all pages of a query or a scan; a page may be empty and not be the last.

    Raises OutsideError.
    """
    while True:
        page = call(what, read, **arguments)
        yield from page["Items"]
        after = page.get("LastEvaluatedKey")
        if not after:
            return
        arguments["ExclusiveStartKey"] = after
