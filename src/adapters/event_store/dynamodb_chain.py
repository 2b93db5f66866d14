"""The hash chain of a log on DynamoDB.

Positions have gaps there, so a dropped commit is found by the gap that it leaves in its stream.
The last commits of a stream, or a whole stream, are missed only by an anchor: keep some.
"""

from collections.abc import Iterator
from itertools import groupby, takewhile
from operator import attrgetter

from adapters.event_store.commit_order import PER_MS
from adapters.event_store.dynamodb import WINDOW_S, DynamoEventStore
from adapters.event_store.dynamodb_items import Stored, commit_of
from adapters.event_store.hash_chain import NOTHING, Claims, StoredCommit, rolled, verify
from application.errors import Broken
from application.ports.clock import Clock
from application.ports.tamper_evidence import Anchor, ChainReport
from domain.events import LogAnchored
from domain.events.recorded import event_id


class DynamoHashChain:
    """Tamper evidence of what is older than a minute: nothing arrives before it any more.

    That holds while no writer's clock is a minute behind the others'.
    """

    def __init__(self, store: DynamoEventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def anchor(self) -> Anchor:
        """The digest of the hashes of all commits, in their order.

        Goes on from the newest anchor on the log, so that a night reads a day; `check` believes
        no anchor and reads everything.
        """
        last = await self._newest()
        digest, commits, through = bytes.fromhex(last.digest), last.commits, last.through
        for one in self._settled(through):
            digest = rolled(digest, one.hash)
            commits, through = commits + 1, one.position
        return Anchor(commits, digest.hex(), through)

    async def _newest(self) -> Anchor:
        """The newest anchor on the log that says where it ends, or the one of an empty log."""
        version = await self._store.version("anchors")
        for commit in await self._store.read("anchors", version - 1) if version else ():
            for event in commit.events:
                if isinstance(event, LogAnchored) and event.through:
                    return Anchor(event.commits, event.digest, event.through)
        return Anchor(0, NOTHING.hex())

    async def check(self, wanted: str | None = None) -> ChainReport:
        """Check every commit; an item that is none ends the check and is named in it."""
        claims = Claims(self._digests(), wanted=wanted)
        return verify(map(_columns, self._settled(0)), claims, numbered=False)

    def _settled(self, after: int) -> Iterator[Stored]:
        """Commits in their order; those of one position by name, as the index has no order."""
        edge = (self._clock.now() - WINDOW_S * 1000) * PER_MS
        known = takewhile(lambda one: one.position <= edge, self._store.stored(after))
        for _, together in groupby(known, attrgetter("position")):
            yield from sorted(together, key=lambda one: one.record[:2])

    def _digests(self) -> dict[int, tuple[tuple[str, str], ...]]:
        """What the anchors on the log itself say."""
        digests: dict[int, tuple[tuple[str, str], ...]] = {}
        for stored in self._store.stored_in("anchors"):
            try:
                commit = commit_of(stored)
            except Broken:
                continue  # an anchor that was edited: its own hash says so
            for offset, event in enumerate(commit.events):
                if isinstance(event, LogAnchored):
                    claim = event.digest, event_id("anchors", commit.version + offset)
                    digests[event.commits] = (*digests.get(event.commits, ()), claim)
        return digests


def _columns(stored: Stored) -> StoredCommit:
    one = stored.record
    return StoredCommit(
        stored.position,
        one.stream.encode(),
        one.version,
        one.last_version,
        one.at,
        one.correlation.encode(),
        one.causation.encode(),
        one.writer.encode(),
        one.body,
        stored.hash,
    )
