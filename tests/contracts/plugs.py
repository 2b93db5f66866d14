"""The plugs that hold a log and its read models; each runs the whole contract."""

from collections.abc import Callable
from pathlib import Path

import attrs

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.read_models.sqlite import SqliteReadModels
from adapters.sqlite_file import open_log
from application.commit import Log
from application.ports.event_store import EventStore
from application.ports.read_models import ReadModels
from tests.given.history import START


@attrs.frozen
class Plug:
    """One store with its tables and a clock that stands still at START + 10 minutes."""

    store: EventStore
    tables: ReadModels
    clock: SimulatedClock
    close: Callable[[], None]

    @property
    def log(self) -> Log:
        """What use cases write through."""
        return Log(self.store, self.tables, "test")


def in_memory(_: Path) -> Plug:
    """The reference."""
    clock = SimulatedClock(START + 600_000)
    tables = InMemoryReadModels(clock)
    return Plug(InMemoryEventStore(tables), tables, clock, lambda: None)


def sqlite(folder: Path) -> Plug:
    """A live log in a file."""
    return _in_file(folder, durable=True)


def sqlite_research(folder: Path) -> Plug:
    """A log of research, grouped."""
    return _in_file(folder, durable=False)


def _in_file(folder: Path, *, durable: bool) -> Plug:
    clock = SimulatedClock(START + 600_000)
    file = open_log(folder / "log.sqlite", create=True, durable=durable)
    store = SqliteEventStore(file, clock)
    return Plug(store, SqliteReadModels(file, clock), clock, file.close)


PLUGS = {"in_memory": in_memory, "sqlite": sqlite, "sqlite_research": sqlite_research}
