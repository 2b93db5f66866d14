"""The only writer: events and the rows that follow from them go out in one append."""

from collections.abc import Sequence

import attrs

from application.errors import Conflict
from application.ports.event_store import EventStore
from application.ports.read_models import ReadModels
from application.read_models import rows_as_they_are, rows_of
from domain.errors import IllegalTransition
from domain.events import Commit, Event
from domain.quick import maker

_commit = maker(Commit)


@attrs.frozen(slots=True, weakref_slot=False)
class Log:
    """The event store with its read models, as one writer sees them."""

    store: EventStore
    tables: ReadModels
    writer: str

    def commit(
        self,
        stream: str,
        version: int,
        events: Sequence[Event],
        at: int,
        correlation: str,
        causation: str,
    ) -> Commit:
        """A commit in this writer's name; `version` is that of its first event."""
        return _commit(stream, version, tuple(events), at, correlation, causation, self.writer)

    async def append(self, *commits: Commit) -> tuple[Commit, ...]:
        """Append all commits with their rows, or nothing; returns them for the reactions.

        Raises Conflict when somebody else was first: read again, decide again.
        """
        rows = rows_as_they_are(commits)
        if rows is None:
            try:
                rows = await rows_of(commits, self.tables)
            except IllegalTransition:
                # the tables may be ahead of what the writer had read: he is late, not wrong
                await self._refuse_late(commits)
                raise
        await self.store.append(commits, rows)
        return commits

    async def _refuse_late(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            newest = await self.store.version(commit.stream)
            if commit.version <= newest:
                raise Conflict(f"{commit.stream} is at version {newest}: somebody was faster")
