"""The reference: what the event store's contract means, in one list."""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from operator import attrgetter

from adapters.read_models.in_memory import InMemoryReadModels
from application.errors import Conflict
from application.ports.read_models import Row
from domain.events import Commit


class InMemoryEventStore:
    """All commits in this process, with the read models that they write to."""

    def __init__(self, tables: InMemoryReadModels) -> None:
        self._tables = tables
        self._commits: list[Commit] = []
        self._streams: defaultdict[str, list[Commit]] = defaultdict(list)
        self._versions: dict[str, int] = {}
        self._appended = asyncio.Event()
        self._followed = False

    async def append(self, commits: Sequence[Commit], rows: Sequence[Row] = ()) -> None:
        """Append all or nothing; see the port."""
        versions = self._versions
        if len(commits) == 1:  # by far the most: no other commit to be in step with
            commit = commits[0]
            if commit.version != versions.get(commit.stream, 0) + 1:
                self._refuse_others(commits)
                return
            versions[commit.stream] = commit.version + len(commit.events) - 1
            self._streams[commit.stream].append(commit)
            self._commits.append(commit)
        else:
            ahead: dict[str, int] = {}
            for commit in commits:
                newest = ahead.get(commit.stream) or versions.get(commit.stream, 0)
                if commit.version != newest + 1:
                    self._refuse_others(commits)
                    return
                ahead[commit.stream] = newest + len(commit.events)
            versions.update(ahead)
            for commit in commits:
                self._streams[commit.stream].append(commit)
            self._commits += commits
        self._tables.write(rows)
        if self._followed:
            self._appended.set()

    def _refuse_others(self, commits: Sequence[Commit]) -> None:
        """Accept an append whose acknowledgement was lost. Raises Conflict for any other."""
        for commit in commits:
            if commit not in self._streams.get(commit.stream, ()):
                newest = self._versions.get(commit.stream, 0)
                raise Conflict(
                    f"{commit.stream} is at version {newest}, not at {commit.version - 1}, or "
                    f"only a part of these commits was appended before"
                )

    async def version(self, stream: str) -> int:
        """Version of the newest event; 0 for an unknown stream."""
        return self._versions.get(stream, 0)

    async def read(
        self, stream: str, after_version: int = 0, through: int | None = None
    ) -> Sequence[Commit]:
        """Commits of a stream that hold events after one version, up to another."""
        past = self._streams.get(stream, ())
        first, end = 0, len(past)
        if after_version:
            first = bisect_right(past, after_version, key=attrgetter("last_version"))
        if through is not None:
            end = bisect_right(past, through, key=attrgetter("version"))
        return tuple(past[first:end])

    def place_of(self, at: int) -> int:
        """Nothing stands before the beginning."""
        del at
        return 0

    async def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """(position, commit) after a position, in commit order."""
        position = after
        while position < len(self._commits):
            position += 1
            yield position, self._commits[position - 1]

    async def follow(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """As read_all, then waits for more, for ever."""
        self._followed = True
        while True:
            self._appended.clear()
            async for position, commit in self.read_all(after):
                after = position
                yield position, commit
            await self._appended.wait()

    @property
    def commits(self) -> Sequence[Commit]:
        """Everything, in commit order."""
        return self._commits
