"""The only writer: events and the rows that follow from them go out in one append."""

from collections.abc import Sequence

import attrs

from application.ports.event_store import EventStore
from application.ports.read_models import ReadModels
from application.read_models import rows_of
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
        *,
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
        await self.store.append(commits, await rows_of(commits, self.tables))
        return commits
