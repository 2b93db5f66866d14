"""The envelope: events as they stand on the log.

A commit is what one writer appends to one stream in one go; several commits can be
appended atomically. Its events share time, correlation, causation and writer, so the
envelope is stored once per commit and not once per event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from domain.quick import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.events import Event


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Commit:
    """Events of one stream, appended together.

    `version` is that of the first event (streams start at 1), `at` in ms, `correlation` the
    analysis, tick or order that this belongs to, `causation` the id (stream@version) of the
    event it followed from, "" for a schedule's tick. `writer` tells a repeated append of one
    writer from another writer's.
    """

    stream: str
    version: int
    events: tuple[Event, ...]
    at: int
    correlation: str
    causation: str
    writer: str

    @property
    def last_version(self) -> int:
        """Version of the last event."""
        return self.version + len(self.events) - 1

    def recorded(self) -> Iterator[Recorded]:
        """Each event in an envelope of its own."""
        for offset, event in enumerate(self.events):
            yield Recorded(event, self.version + offset, self)


@attrs.frozen(slots=True, weakref_slot=False)
class Recorded:
    """One event with its version and the commit that it came in."""

    event: Event
    version: int
    commit: Commit

    @property
    def id(self) -> str:
        """Name of this event for ever: stream@version."""
        return event_id(self.commit.stream, self.version)


def event_id(stream: str, version: int) -> str:
    """The id of an event: stream@version."""
    return f"{stream}@{version}"
