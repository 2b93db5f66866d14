"""The plugs that hold a log and its read models; each runs the whole contract."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.dynamodb import DynamoEventStore
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.read_models.dynamodb import DynamoReadModels
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.read_models.sqlite import SqliteReadModels
from adapters.sqlite_file import open_log
from application.commit import Log
from application.ports.event_store import EventStore
from application.ports.read_models import ReadModels
from tests.given.aws_tables import PREFIX, stage_in_moto
from tests.given.history import START


@attrs.frozen
class Plug:
    """One store with its tables and a clock that stands still at START + 10 minutes.

    `numbers_all`: positions are 1, 2, 3 without a gap. `at_once` is how many rows one append
    takes, `many` how many rows stand for thousands.
    """

    store: EventStore
    tables: ReadModels
    clock: SimulatedClock
    close: Callable[[], None]
    numbers_all: bool = True
    at_once: int = 1_000_000
    many: int = 3_000

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


def dynamodb(_: Path) -> Plug:
    """A stage of its own in moto."""
    stack = ExitStack()
    client = stack.enter_context(stage_in_moto())
    # for every item of a transaction moto copies the table
    return on_dynamodb(client, PREFIX, stack.close, many=90)


def on_dynamodb(client: Any, prefix: str, close: Callable[[], None], *, many: int) -> Plug:
    """Whatever answers as DynamoDB does; the tables are there and empty."""
    clock = SimulatedClock(START + 600_000)
    return Plug(
        DynamoEventStore(client, prefix, clock, chance=lambda: 0.5),
        DynamoReadModels(client, prefix, clock),
        clock,
        close,
        numbers_all=False,
        at_once=45,
        many=many,
    )


PLUGS = {
    "in_memory": in_memory,
    "sqlite": sqlite,
    "sqlite_research": sqlite_research,
    "dynamodb": dynamodb,
}
