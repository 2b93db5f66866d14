"""Commits as items of DynamoDB: one item a commit, its events packed in `body`."""

from typing import Any, NamedTuple

from adapters.event_store.commit_order import month_of
from adapters.event_store.hash_chain import link
from adapters.read_models.dynamodb_items import MOST_BYTES, Item, number, size_of, text
from adapters.wire_format.decode import decode_events
from adapters.wire_format.encode import encode_events
from adapters.wire_format.pack import pack, unpack
from application.errors import Broken
from domain.events import Commit
from domain.quick import maker

_made_commit = maker(Commit)


class Record(NamedTuple):
    """A commit as its columns; `body` as it is stored."""

    stream: str
    version: int
    last_version: int
    at: int
    correlation: str
    causation: str
    writer: str
    body: bytes

    @property
    def key(self) -> Item:
        """The primary key: no two commits of a stream begin at the same version."""
        return {"stream": text(self.stream), "version": number(self.version)}


class Stored(NamedTuple):
    """A record with its place in the log."""

    position: int
    hash: bytes
    record: Record


def record_of(commit: Commit) -> Record:
    """A commit as its columns. Raises ValueError for one without events, or Broken."""
    events = commit.events
    if not events:
        raise ValueError(f"a commit to {commit.stream} has no events")
    return Record(
        commit.stream,
        commit.version,
        commit.last_version,
        commit.at,
        commit.correlation,
        commit.causation,
        commit.writer,
        pack(encode_events(events)),
    )


def chained(record: Record, position: int, previous: bytes) -> Stored:
    """A record at its position, linked to the hash of its stream so far."""
    return Stored(position, link(previous, position, *record), record)


def item_of(stored: Stored) -> Item:
    """The item of a commit. Raises ValueError for one that is larger than an item may be."""
    record = stored.record
    item = {
        **record.key,
        "last_version": number(record.last_version),
        "at": number(record.at),
        "correlation": text(record.correlation),
        "causation": text(record.causation),
        "writer": text(record.writer),
        "body": {"B": record.body},
        "hash": {"B": stored.hash},
        "position": number(stored.position),
        "month": text(month_of(stored.position)),
    }
    size = size_of(item)
    if size > MOST_BYTES:
        raise ValueError(
            f"a commit to {record.stream} has {size} bytes and DynamoDB takes {MOST_BYTES}: "
            "append its events in several commits"
        )
    return item


def stored_of(item: Item) -> Stored:
    """What an item holds. Raises Broken, naming it, when an attribute is missing or of a kind."""
    try:
        record = Record(
            item["stream"]["S"],
            int(item["version"]["N"]),
            int(item["last_version"]["N"]),
            int(item["at"]["N"]),
            item["correlation"]["S"],
            item["causation"]["S"],
            item["writer"]["S"],
            item["body"]["B"],
        )
        return Stored(int(item["position"]["N"]), item["hash"]["B"], record)
    except (KeyError, ValueError) as error:
        name = "@".join(str(item.get(part)) for part in ("stream", "version"))
        raise Broken(f"commit {name} cannot be read: {error!r}") from error


def commit_of(stored: Stored) -> Commit:
    """The commit. Raises Broken, naming it, when its events cannot be read."""
    stream, version, _, at, correlation, causation, writer, body = stored.record
    try:
        events = decode_events(unpack(body))
    except Broken as error:
        raise Broken(f"commit {stored.position} ({stream}@{version}): {error}") from error
    made: Commit = _made_commit(stream, version, events, at, correlation, causation, writer)
    return made


def are_same(one: Record, other: Record) -> bool:
    """True for equal commits, though two versions of zstd may have packed them differently."""
    return one[:-1] == other[:-1] and (
        one.body == other.body or unpack(one.body) == unpack(other.body)
    )


def put_once(table: str, item: Item) -> dict[str, Any]:
    """Arguments of a Put that fails where a commit stands already."""
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(#s)",
        "ExpressionAttributeNames": {"#s": "stream"},
    }
