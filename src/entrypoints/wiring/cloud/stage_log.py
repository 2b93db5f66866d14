"""The log and the tables of a deployed stage, with the credentials of whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.aws_calls import ClientLater
from adapters.clock.system import SystemClock
from adapters.event_store.dynamodb import DynamoEventStore
from adapters.event_store.dynamodb_chain import DynamoHashChain
from adapters.read_models.dynamodb import DynamoReadModels
from entrypoints.stage import stage_of

if TYPE_CHECKING:
    from application.ports.clock import Clock


def stage_tables(stage: str, clock: Clock) -> DynamoReadModels:
    """Read models of a stage."""
    return DynamoReadModels(ClientLater("dynamodb"), stage_of(stage).prefix, clock)


def stage_log(stage: str, clock: Clock | None = None) -> tuple[DynamoEventStore, DynamoHashChain]:
    """Log and hash chain of a stage."""
    clock = clock or SystemClock()
    store = DynamoEventStore(ClientLater("dynamodb"), stage_of(stage).prefix, clock)
    return store, DynamoHashChain(store, clock)
