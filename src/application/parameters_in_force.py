"""What is configured, with the tuner's changes from the log: nobody has to be deployed again."""

from application.ports.event_store import EventStore
from domain.parameters import StrategyParameters
from domain.tuning.in_force import STREAM, ParameterHistory


async def parameters_in_force(
    store: EventStore, configured: StrategyParameters
) -> ParameterHistory:
    """All parameters that were in force, from a short stream that is nearly always empty.

    Raises Retryable when the log cannot be read.
    """
    if not await store.version(STREAM):
        return ParameterHistory.of(configured, ())
    commits = await store.read(STREAM)
    return ParameterHistory.of(
        configured, ((commit.at, event) for commit in commits for event in commit.events)
    )
