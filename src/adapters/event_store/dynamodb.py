"""The log in a table of DynamoDB, for many short-lived processes at once."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from adapters.aws_calls import call
from adapters.event_store.commit_order import MOST, PER_MS, CommitOrder, months
from adapters.event_store.dynamodb_append import AtomicWrite
from adapters.event_store.dynamodb_items import (
    Record,
    Stored,
    are_same,
    chained,
    commit_of,
    item_of,
    put_once,
    record_of,
    stored_of,
)
from adapters.event_store.hash_chain import START
from adapters.read_models.dynamodb_items import number, pages, row_actions, text
from application.errors import Conflict
from application.ports.clock import Clock
from application.ports.read_models import Row
from domain.events import Commit

INDEX: Final = "by_commit"
WINDOW_S: Final = 60
"""After so long no commit of a smaller position arrives any more."""
_WINDOW: Final = WINDOW_S * 1000 * PER_MS
_AHEAD_MS: Final = 3_600_000
"""Months are read up to here: another machine's clock may be ahead."""
_HEADS: Final = 1_000
_REMEMBERED: Final = 10_000
_NO_END: Final = 2**63 - 1


class Head(NamedTuple):
    """The newest commit of a stream: the version of its last event, and its hash."""

    version: int
    hash: bytes


class DynamoEventStore:
    """Commits in the table `prefix` + events, rows of read models in their tables.

    Positions ascend with gaps; see `commit_order`. An append of one commit without rows is one
    conditional put, any other is one transaction of at most 100 items and 4 MB. `chance` in
    [0, 1) spreads what is tried again.
    """

    def __init__(
        self,
        client: Any,
        prefix: str,
        clock: Clock,
        *,
        poll_s: float = 2.0,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._client = client
        self._prefix = prefix
        self._table = f"{prefix}events"
        self._clock = clock
        self._poll_s = poll_s
        self._order = CommitOrder(clock)
        self._atomic = AtomicWrite(client, clock, chance or random.SystemRandom().random)
        # a hint: what was newest once. A put after an older one meets the commit that came since
        self._heads: dict[str, Head] = {}

    async def append(self, commits: Sequence[Commit], rows: Sequence[Row] = ()) -> None:
        """Append all or nothing; see the port.

        Raises Conflict; Retryable, and then the same append may be repeated whether or not it
        was written; Broken for an event that cannot be written; ValueError, with nothing
        written, for a commit without events or more than DynamoDB takes at once.
        """
        records = [record_of(commit) for commit in commits]
        writes = list(row_actions(self._prefix, rows).values())
        if not records and not writes:
            return
        if len(records) > MOST:
            raise ValueError(
                f"an append of {len(records)} commits, and DynamoDB writes {MOST} at once: "
                "append fewer at a time"
            )
        if len(self._heads) > _HEADS:
            self._heads.clear()
        if not self._follow_on(records):
            self._refuse_others(records)
            return
        stored, heads = self._linked(records)
        puts = [{"Put": put_once(self._table, item_of(one))} for one in stored]
        if await self._atomic.write([*puts, *writes]):
            self._heads.update(heads)
        else:
            self._refuse_others(records)

    def _follow_on(self, records: Sequence[Record]) -> bool:
        """Whether each record is the next of its stream, as far as is known."""
        ahead: dict[str, int] = {}
        for record in records:
            stream, version = record.stream, record.version
            newest = ahead[stream] if stream in ahead else self._newest(stream, version)
            if version != newest + 1:
                return False
            ahead[stream] = record.last_version
        return True

    def _newest(self, stream: str, version: int) -> int:
        """The newest version, read only where what is known does not settle the question."""
        head = self._heads.get(stream)
        if head is None and version == 1:
            return 0  # the condition of the put says whether it is true
        if head is None or head.version < version - 1:
            head = self._head(stream)
        return head.version

    def _linked(self, records: Sequence[Record]) -> tuple[list[Stored], dict[str, Head]]:
        """The records at their positions, and what the heads will be."""
        heads: dict[str, Head] = {}
        stored: list[Stored] = []
        names = [f"{one.stream}@{one.version} {one.writer}" for one in records]
        for record, position in zip(records, self._order.take(names), strict=True):
            before = heads.get(record.stream) or self._heads.get(record.stream)
            one = chained(record, position, before.hash if before is not None else START)
            heads[record.stream] = Head(record.last_version, one.hash)
            stored.append(one)
        return stored, heads

    def _refuse_others(self, records: Sequence[Record]) -> None:
        """Accept an append whose acknowledgement was lost. Raises Conflict for any other."""
        for record in records:
            found = self._at(record)
            if found is None or not are_same(found.record, record):
                newest = self._head(record.stream).version
                raise Conflict(
                    f"{record.stream} is at version {newest}, not at {record.version - 1}, or "
                    "only a part of these commits was appended before"
                )

    def _at(self, record: Record) -> Stored | None:
        """The commit that begins where this one does."""
        answer = call(
            f"read of {record.stream}",
            self._client.get_item,
            TableName=self._table,
            Key=record.key,
            ConsistentRead=True,
        )
        return self._seen(answer["Item"]) if "Item" in answer else None

    def _head(self, stream: str) -> Head:
        """The newest commit of a stream, read now."""
        found = next(self._query(stream, 1, None, ScanIndexForward=False, Limit=1), None)
        head = Head(0, START)
        if found is not None:
            head = self._heads[stream] = Head(found.record.last_version, found.hash)
        return head

    async def version(self, stream: str) -> int:
        """Version of the newest event; 0 for an unknown stream."""
        return self._head(stream).version

    async def read(
        self, stream: str, after_version: int = 0, through: int | None = None
    ) -> Sequence[Commit]:
        """Commits of a stream that hold events after one version, up to another; oldest first."""
        first = 1
        if after_version > 0:
            # versions never overlap: the commit that holds the first one starts at or before it
            before = self._query(stream, 1, after_version + 1, ScanIndexForward=False, Limit=1)
            first = next((one.record.version for one in before), 1)
        found = list(self._query(stream, first, through))
        if found and through is None:
            self._heads[stream] = Head(found[-1].record.last_version, found[-1].hash)
        return tuple([commit_of(one) for one in found if one.record.last_version > after_version])

    def _query(self, stream: str, first: int, last: int | None, **how: Any) -> Iterator[Stored]:
        """The commits of a stream that begin at these versions."""
        if last is not None and last < first:
            return  # DynamoDB takes such a range for a mistake
        values = {
            ":s": text(stream),
            ":a": number(first),
            ":b": number(_NO_END if last is None else last),
        }
        found = pages(
            f"read of {stream}",
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="#s = :s AND #v BETWEEN :a AND :b",
            ExpressionAttributeNames={"#s": "stream", "#v": "version"},
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **how,
        )
        yield from map(self._seen, found)

    def place_of(self, at: int) -> int:
        """The last position before a time (ms): what is made then is appended then or later."""
        return at * PER_MS - 1

    async def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """(position, commit) after a position, in commit order.

        From an index that lags behind the log by a moment: what was appended in the last second
        may not be there yet.
        """
        for stored in self.stored(after):
            yield stored.position, commit_of(stored)

    async def follow(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """As read_all, then looks again every `poll_s` seconds of the clock, for ever.

        A commit that arrives late, with a position before one given already, is given when it
        arrives; none is given twice.
        """
        newest = after
        given: dict[tuple[str, int], int] = {}
        while True:
            given = _within(given, newest)
            for stored in self.stored(max(after, newest - _WINDOW)):
                key = stored.record.stream, stored.record.version
                if key in given:
                    continue
                given[key] = stored.position
                newest = max(newest, stored.position)
                yield stored.position, commit_of(stored)
                if len(given) > _REMEMBERED:
                    given = _within(given, newest)
            await self._clock.sleep(self._poll_s)
            # a simulated clock comes back at once and would never let the writer run
            await asyncio.sleep(0)

    def stored_in(self, stream: str) -> Iterator[Stored]:
        """The commits of a stream as they are stored, oldest first."""
        return self._query(stream, 1, None)

    def stored(self, after: int) -> Iterator[Stored]:
        """Commits after a position as they are stored, in commit order, month by month."""
        until = max(self._order.newest, (self._clock.now() + _AHEAD_MS) * PER_MS)
        for month in months(after, until):
            found = pages(
                "read of the log",
                self._client.query,
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="#m = :m AND #p > :p",
                ExpressionAttributeNames={"#m": "month", "#p": "position"},
                ExpressionAttributeValues={":m": text(month), ":p": number(after)},
            )
            yield from map(self._seen, found)

    def _seen(self, item: Any) -> Stored:
        stored = stored_of(item)
        self._order.saw(stored.position)
        return stored


def _within(given: dict[tuple[str, int], int], newest: int) -> dict[tuple[str, int], int]:
    """Those that the next look will meet again."""
    return {key: position for key, position in given.items() if position > newest - _WINDOW}
