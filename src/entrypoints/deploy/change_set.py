"""A change set: what CloudFormation would do, said before it does it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import attrs

from application.errors import Refused, Retryable
from entrypoints.deploy.stack_state import find_stack
from entrypoints.deploy.validation import POINTER, objections

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from application.ports.clock import Clock
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.parameters import Parameters
    from entrypoints.deploy.stack_state import Stack

ORDER: Final = (
    "removed",
    "replaced",
    "may be replaced",
    "modified",
    "adopted",
    "added",
    "to be seen",
)
"""Kinds of change, the gravest first."""
CAPABILITIES: Final = ("CAPABILITY_NAMED_IAM",)
_NAMES_SHOWN: Final = 6
_POLL_S: Final = 2.0
_LIMIT_S: Final = 300.0
_NOTHING: Final = ("didn't contain changes", "No updates are to be performed")


@attrs.frozen(slots=True, weakref_slot=False)
class Change:
    """One resource and what happens to it: a word of ORDER."""

    kind: str
    resource_type: str
    logical: str
    physical: str


@attrs.frozen(slots=True, weakref_slot=False)
class ChangeSet:
    """A change set that can be executed, of a stack that may be made for it."""

    identity: str
    stack: str
    is_new: bool
    changes: tuple[Change, ...]


async def make_change_set(
    aws: Aws, stack: Stack | None, name: str, url: str, parameters: Parameters, clock: Clock
) -> ChangeSet | None:
    """What a template would change; None when nothing would.

    What an earlier stack of the same names left behind is adopted. Raises Refused with
    CloudFormation's words for a template that it does not take, Retryable when it takes too long.
    """
    is_new = stack is None or stack.is_empty
    made = aws.ask(
        f"make a change set of {name}",
        "cloudformation",
        "create_change_set",
        StackName=name,
        ChangeSetName=f"deploy-{clock.now()}",
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateURL=url,
        Parameters=list(parameters.request),
        Capabilities=list(CAPABILITIES),
        ImportExistingResources=True,
    )
    until = clock.now() + _LIMIT_S * 1000
    while True:
        seen = _described(aws, made["Id"], name)
        if seen["Status"] not in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
            break
        if clock.now() >= until:
            raise Retryable(f"the change set of {name} is not ready after {_LIMIT_S:.0f} s: again")
        await clock.sleep(_POLL_S)
    found = ChangeSet(made["Id"], made.get("StackId", name), is_new, changes_in(seen["Changes"]))
    if seen["Status"] == "CREATE_COMPLETE":
        return found
    reason = seen.get("StatusReason", "no reason given")
    wrong = objections(aws, ChangeSetName=found.identity) if POINTER in reason else []
    discard(aws, found)
    if wrong:
        reason = "; ".join(f"{one.logical}: {one.reason}" for one in wrong)
    if any(one in reason for one in _NOTHING):
        return None
    raise Refused(f"CloudFormation does not take the template of {name}: {reason}")


def _described(aws: Aws, identity: str, stack: str) -> dict[str, Any]:
    """The change set with the changes of all its pages."""
    whole: dict[str, Any] = {}
    changes: list[Any] = []
    more: dict[str, str] = {}
    while True:
        page = aws.ask(
            f"read the change set of {stack}",
            "cloudformation",
            "describe_change_set",
            ChangeSetName=identity,
            StackName=stack,
            **more,
        )
        whole = whole or dict(page)
        changes += page.get("Changes", [])
        if not page.get("NextToken"):
            return whole | {"Changes": changes}
        more = {"NextToken": page["NextToken"]}


def changes_in(given: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Changes as CloudFormation lists them, the gravest first."""
    found = [
        Change(
            _kind(one),
            one.get("ResourceType", "?"),
            one.get("LogicalResourceId", "?"),
            one.get("PhysicalResourceId", ""),
        )
        for entry in given
        if (one := entry.get("ResourceChange"))
    ]
    return tuple(sorted(found, key=lambda c: (ORDER.index(c.kind), c.resource_type, c.logical)))


def _kind(one: Mapping[str, Any]) -> str:
    match one.get("Action"), one.get("Replacement"):
        case "Add", _:
            return "added"
        case "Remove", _:
            return "removed"
        case "Import", _:
            return "adopted"
        case "Modify", "True":
            return "replaced"
        case "Modify", "Conditional":
            return "may be replaced"
        case "Modify", _:
            return "modified"
    return "to be seen"


def rows_of(changes: Sequence[Change]) -> list[tuple[str, str, str]]:
    """(what happens, how many of which type, their names) for a table."""
    grouped: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in changes:
        grouped[one.kind, one.resource_type].append(one.physical or one.logical)
    rows = []
    for (kind, resource_type), names in grouped.items():
        shown = ", ".join(names[:_NAMES_SHOWN])
        rest = len(names) - _NAMES_SHOWN
        short = resource_type.removeprefix("AWS::")
        rows.append(
            (kind, f"{len(names)} {short}", f"{shown} and {rest} more" if rest > 0 else shown)
        )
    return rows


def discard(aws: Aws, change_set: ChangeSet) -> None:
    """Leave nothing behind of a change set that is not executed."""
    what = f"discard the change set of {change_set.stack}"
    aws.ask(
        what,
        "cloudformation",
        "delete_change_set",
        ChangeSetName=change_set.identity,
        StackName=change_set.stack,
    )
    if change_set.is_new:
        stack = find_stack(aws, change_set.stack)
        if stack is not None and stack.is_empty:
            aws.ask(what, "cloudformation", "delete_stack", StackName=change_set.stack)


def execute(aws: Aws, change_set: ChangeSet) -> None:
    """Begin to do what the change set says."""
    aws.ask(
        f"execute the change set of {change_set.stack}",
        "cloudformation",
        "execute_change_set",
        ChangeSetName=change_set.identity,
        StackName=change_set.stack,
    )
