"""Schema versions: which one each kind of event has now, and how an older one is lifted.

To change an event: raise its number in SCHEMAS and add one step to LIFTS that turns the data
of the version before into that of the next. Logs are never rewritten; what they hold is
lifted when it is read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from application.errors import Broken
from domain.events import EVENT_TYPES, LogAnchored, OrderSubmitting

SCHEMAS: dict[type, int] = dict.fromkeys(EVENT_TYPES, 1) | {
    LogAnchored: 2,
    OrderSubmitting: 3,
}
"""Kind of event -> the version that this program writes."""

Lift = Callable[[dict[str, Any]], dict[str, Any]]
LIFTS: dict[tuple[str, int], Lift] = {
    # until version 2 nobody noted what was reserved, nor the request's number
    ("OrderSubmitting", 1): lambda data: {
        "jpy_reserved": {"amount": "0"},
        "coins_reserved": "0",
        "nonce": 0,
        **data,
    },
    # until version 3 the time of sending was the commit's alone; 0 says to look there
    ("OrderSubmitting", 2): lambda data: {"sent_at": 0, **data},
    # until version 2 nobody went on from an anchor
    ("LogAnchored", 1): lambda data: {"through": 0, **data},
}
"""(type, version) -> the data of that version made into the data of the version after it."""


def upcast(
    name: str,
    schema: int,
    data: dict[str, Any],
    *,
    known: int,
    lifts: Mapping[tuple[str, int], Lift],
) -> dict[str, Any]:
    """The data of an event as schema `known` has it, lifted one version at a time.

    Raises Broken for a version that is newer than `known` or that no step lifts.
    """
    if schema > known:
        raise Broken(
            f"{name} has schema {schema} and this program knows {known}: "
            "a newer program wrote this log, update this one"
        )
    for version in range(schema, known):
        lift = lifts.get((name, version))
        if lift is None:
            raise Broken(f"{name} has schema {version} and no step lifts it to {version + 1}")
        data = lift(data)
    return data
