"""The log: append atomically to several streams, read, follow."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from application.ports.read_models import Row
from domain.events import Commit


class EventStore(Protocol):
    """The truth. Positions are ints that ascend in commit order.

    A store in memory or in a file numbers commits 1, 2, 3. One that many machines write to at
    once leaves gaps, and a commit may turn up late, with a position before one read already.
    """

    async def append(self, commits: Sequence[Commit], rows: Sequence[Row] = ()) -> None:
        """Append all commits, and write all rows of read models, or none of them.

        Each commit's `version` must be the version after the newest of its stream, else
        Conflict. Appending again what the same writer appended before (same stream, version,
        writer and events: its acknowledgement was lost) succeeds and changes nothing.
        """
        ...

    async def version(self, stream: str) -> int:
        """Version of the newest event of a stream; 0 when there is none."""
        ...

    async def read(
        self, stream: str, after_version: int = 0, through: int | None = None
    ) -> Sequence[Commit]:
        """Commits of one stream that hold events of versions after_version+1 .. through.

        Oldest first; None = to the newest.
        """
        ...

    def place_of(self, at: int) -> int:
        """A position that nothing made from a time (ms) on stands before; 0 is always one.

        Where positions tell the time, reading a day does not mean reading the whole log.
        """
        ...

    def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """(position, commit) of everything after a position, in commit order.

        Raises Broken with its name for an event type that this program does not know.
        """
        ...

    def follow(self, after: int = 0) -> AsyncIterator[tuple[int, Commit]]:
        """As read_all, and then goes on for ever with what is appended later, each commit once."""
        ...
