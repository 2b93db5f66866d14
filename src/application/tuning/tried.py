"""The ledger: how many candidates were ever tried, and on which day last."""

import attrs

from application.ports.event_store import EventStore
from domain.events import ChangesTried, ParametersChanged, ParametersReviewed, TuningRefused
from domain.tuning.in_force import LEDGER
from domain.tuning.in_force import STREAM as PARAMETERS


@attrs.frozen(slots=True, weakref_slot=False)
class Ledger:
    """Where the stream stands, candidates tried so far, and the newest day that was worked on."""

    version: int
    tried: int
    day: str


async def tried_so_far(store: EventStore) -> Ledger:
    """From the newest events of two streams. Raises Retryable when the log cannot be read."""
    version, tried, day = await store.version(LEDGER), 0, ""
    if version:
        newest = (await store.read(LEDGER, version - 1))[-1].events[-1]
        if isinstance(newest, TuningRefused | ChangesTried):
            tried, day = newest.tried, newest.day
    changed = await store.version(PARAMETERS)
    if changed:
        for event in (await store.read(PARAMETERS, changed - 1))[-1].events:
            if isinstance(event, ParametersChanged | ParametersReviewed):
                day = max(day, event.day)
    return Ledger(version, tried, day)
