"""Waiting for a stack: each thing made is said, and the first that failed is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from adapters.aws_calls import code_of
from application.errors import OutsideError, Refused, Retryable
from entrypoints.deploy.stack_state import find_stack, is_absent
from entrypoints.deploy.validation import POINTER, objections

if TYPE_CHECKING:
    from application.ports.clock import Clock
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.dialogue import Dialogue

LIMIT_S: Final = 3_600.0
_POLL_S: Final = 3.0
_SILENCE_MS: Final = 60_000
_WELL: Final = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE"}
)
_ENDED: Final = ("_COMPLETE", "_FAILED", "_SKIPPED")
_FOLLOWS: Final = ("cancelled", "The following resource(s) failed")
"""Words of failures that only follow from another."""
_STACK: Final = "AWS::CloudFormation::Stack"


@attrs.frozen(slots=True, weakref_slot=False)
class Failure:
    """The first thing that went wrong."""

    resource_type: str
    logical: str
    reason: str

    def sentence(self) -> str:
        """It in words."""
        short = self.resource_type.removeprefix("AWS::")
        return f"{self.logical} ({short}) failed first: {self.reason.rstrip('. ')}"


@attrs.frozen(slots=True, weakref_slot=False)
class End:
    """How it ended: the stack's status, the first failure if any, and how much was done."""

    status: str
    failure: Failure | None
    done: int

    @property
    def is_well(self) -> bool:
        """Whether it did what was asked of it."""
        return self.status in _WELL


def newest_event(aws: Aws, stack: str) -> str | None:
    """The id of a stack's newest event; None where there is none yet."""
    try:
        page = _page(aws, stack)
    except OutsideError as error:
        if is_absent(error):
            return None
        raise
    events = page["StackEvents"]
    return events[0]["EventId"] if events else None


async def follow(aws: Aws, stack: str, after: str | None, clock: Clock, dialogue: Dialogue) -> End:
    """Wait until a stack (by id) stands still; `after`: its newest event before it began.

    Raises Retryable when it does not end within an hour; it goes on all the same.
    """
    until, spoke = clock.now() + LIMIT_S * 1000, clock.now()
    seen: set[str] = set()
    failure: Failure | None = None
    done = 0
    while True:
        news, status = _look(aws, stack, after, seen)
        for event in news:
            seen.add(event["EventId"])
            if _is_said(event):
                done += event["ResourceType"] != _STACK
                dialogue.say(_line(event, done))
                spoke = clock.now()
            failure = failure or failure_in(event)
        if seen and not status.endswith("_IN_PROGRESS"):
            return End(status, _spelled_out(aws, stack, failure), done)
        if clock.now() >= until:
            raise Retryable(
                f"{stack} is still {status} after {LIMIT_S / 60:.0f} minutes; it goes on without "
                "this command: `crypto-trader status` tells how it ended"
            )
        if clock.now() - spoke >= _SILENCE_MS:
            dialogue.say(f"  ... {status}")
            spoke = clock.now()
        await clock.sleep(_POLL_S)


def _spelled_out(aws: Aws, stack: str, failure: Failure | None) -> Failure | None:
    """The thing itself where a failure only points to a list of what is wrong."""
    if failure is None or POINTER not in failure.reason:
        return failure
    found = objections(aws, StackName=stack)
    if not found:
        return failure
    return Failure(found[0].resource_type, found[0].logical, found[0].reason)


def _look(
    aws: Aws, stack: str, after: str | None, seen: set[str]
) -> tuple[list[dict[str, Any]], str]:
    """Events not seen yet, oldest first, and the status that was read after them."""
    try:
        news = _news(aws, stack, after, seen)
        found = find_stack(aws, stack)
    except Retryable:
        return [], "_IN_PROGRESS"  # looked at again a little later
    except OutsideError as error:
        if is_absent(error):
            return [], _gone(seen)
        raise
    return news, found.status if found is not None else _gone(seen)


def _gone(seen: set[str]) -> str:
    # whoever forgets a deleted stack at once has deleted it
    seen.add("")
    return "DELETE_COMPLETE"


def _news(aws: Aws, stack: str, after: str | None, seen: set[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = _page(aws, stack, **more)
        for event in page["StackEvents"]:
            if event["EventId"] == after:
                return found[::-1]
            if event["EventId"] not in seen:
                found.append(event)
        if not page.get("NextToken"):
            return found[::-1]
        more = {"NextToken": page["NextToken"]}


def _page(aws: Aws, stack: str, **more: str) -> Any:
    return aws.ask(
        f"read the events of {stack}",
        "cloudformation",
        "describe_stack_events",
        StackName=stack,
        **more,
    )


def _is_said(event: dict[str, Any]) -> bool:
    status: str = event.get("ResourceStatus", "")
    return status.endswith(_ENDED)


def _line(event: dict[str, Any], done: int) -> str:
    status = event["ResourceStatus"].lower().replace("_", " ")
    short = event["ResourceType"].removeprefix("AWS::")
    if event["ResourceType"] == _STACK:
        return f"  {event['LogicalResourceId']}: {status}"
    said = f"  {done:>3} {status}: {short} {event['LogicalResourceId']}"
    if status.endswith("failed"):
        said += f": {event.get('ResourceStatusReason', 'no reason given')}"
    return said


def failure_in(event: dict[str, Any]) -> Failure | None:
    """The failure that an event tells of, unless it only follows from another."""
    reason = event.get("ResourceStatusReason", "no reason given")
    if not event.get("ResourceStatus", "").endswith("_FAILED"):
        return None
    if any(one in reason for one in _FOLLOWS):
        return None
    return Failure(event["ResourceType"], event["LogicalResourceId"], reason)


def is_nothing_to_update(error: OutsideError) -> bool:
    """Whether an update was refused because nothing would change."""
    cause = error.__cause__
    return (
        cause is not None
        and code_of(cause) == "ValidationError"
        and "No updates are to be performed" in str(cause)
    )


def ended_well(end: End, name: str, what_to_do: str) -> None:
    """Raises Refused with the first failure where a change did not end as it should."""
    if not end.is_well:
        why = end.failure.sentence() if end.failure else "CloudFormation gives no reason"
        raise Refused(f"{name} is {end.status}. {why}. {what_to_do}")
