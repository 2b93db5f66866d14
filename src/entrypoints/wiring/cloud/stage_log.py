"""The log and the tables of a deployed stage, with the credentials of whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.aws_calls import ClientLater
from adapters.clock.system import SystemClock
from adapters.event_store.dynamodb import DynamoEventStore
from adapters.event_store.dynamodb_chain import DynamoHashChain
from adapters.read_models.dynamodb import DynamoReadModels

if TYPE_CHECKING:
    from application.ports.clock import Clock

DEFAULT: Final = "prod"


def prefix_of(stage: str) -> str:
    """How the names of a stage begin."""
    return "eth-trading-" if stage == DEFAULT else f"eth-trading-{stage}-"


def stage_tables(stage: str, clock: Clock) -> DynamoReadModels:
    """Read models of a stage."""
    return DynamoReadModels(ClientLater("dynamodb"), prefix_of(stage), clock)


def stage_log(stage: str, clock: Clock | None = None) -> tuple[DynamoEventStore, DynamoHashChain]:
    """Log and hash chain of a stage."""
    clock = clock or SystemClock()
    store = DynamoEventStore(ClientLater("dynamodb"), prefix_of(stage), clock)
    return store, DynamoHashChain(store, clock)
