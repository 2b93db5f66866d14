"""Shows that nobody edited, dropped or swapped what stands on the log."""

from typing import Protocol

import attrs


@attrs.frozen(slots=True, weakref_slot=False)
class Anchor:
    """The digest (64 hex digits) of the first so many commits of a log, and where they end.

    Of no commit it is the SHA-256 of nothing; with each commit it becomes that of itself and the
    commit's hash, so whoever has an anchor can go on from there. `through` is a position.
    """

    commits: int
    digest: str
    through: int = 0


@attrs.frozen(slots=True, weakref_slot=False)
class Violation:
    """A rule that the log breaks: where (position of the commit), which event, in words."""

    position: int
    event: str
    rule: str
    detail: str

    @property
    def place(self) -> tuple[bool, int]:
        """Where it is listed: an anchor knows only that something before it was changed."""
        return self.rule == "anchor", self.position


@attrs.frozen(slots=True, weakref_slot=False)
class ChainReport:
    """What a check of the hash chain found, in the order of the log; anchors come last.

    `events` counts those whose commits fit their hash; without a chain, all of them.
    """

    anchor: Anchor
    events: int
    is_chained: bool
    violations: tuple[Violation, ...]


class TamperEvidence(Protocol):
    """The hash chain of a log, each stream's commits linked to the ones before them."""

    async def anchor(self) -> Anchor:
        """The digest of everything so far: whoever keeps it elsewhere can prove a change."""
        ...

    async def check(self, wanted: str | None = None) -> ChainReport:
        """Check every commit, every anchor on the log, and `wanted`, a digest kept elsewhere."""
        ...
