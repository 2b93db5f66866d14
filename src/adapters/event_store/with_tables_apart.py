"""A log in one place with its read models in another, for runs that can be repeated.

The two are not written atomically: after a crash the tables are rebuilt from the log. A
backtest keeps its log in a file and its tables in memory this way.
"""

from collections.abc import AsyncIterator, Sequence

from adapters.read_models.in_memory import InMemoryReadModels
from application.ports.event_store import EventStore
from application.ports.read_models import Row
from domain.events import Commit


class LogWithTablesApart:
    """Appends to the log first; rows follow only when that succeeded."""

    def __init__(self, log: EventStore, tables: InMemoryReadModels) -> None:
        self._log = log
        self._tables = tables

    async def append(self, commits: Sequence[Commit], rows: Sequence[Row] = ()) -> None:
        """Append, then write the rows."""
        await self._log.append(commits)
        self._tables.write(rows)

    async def version(self, stream: str) -> int:
        """Version of the newest event of a stream."""
        return await self._log.version(stream)

    async def read(
        self, stream: str, after_version: int = 0, through: int | None = None
    ) -> Sequence[Commit]:
        """Commits of one stream."""
        return await self._log.read(stream, after_version, through)

    def place_of(self, at: int) -> int:
        """Where a time begins in the log."""
        return self._log.place_of(at)

    def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """Everything, in commit order."""
        return self._log.read_all(after)

    def follow(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """Everything, and what comes later."""
        return self._log.follow(after)
