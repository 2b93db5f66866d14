"""What CloudFormation found wrong before it began: its words say only that there is something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from application.errors import OutsideError

if TYPE_CHECKING:
    from entrypoints.deploy.clients import Aws

POINTER: Final = "DescribeEvents"
"""A reason with this word points to the list of what is wrong."""
_KIND: Final = "VALIDATION_ERROR"


@attrs.frozen(slots=True, weakref_slot=False)
class Objection:
    """One thing that is wrong with a template."""

    resource_type: str
    logical: str
    reason: str


def objections(aws: Aws, **where: str) -> list[Objection]:
    """All of them, for StackName=... or ChangeSetName=...; none where they cannot be asked for."""
    found: list[Objection] = []
    more: dict[str, str] = {}
    while True:
        try:
            page = aws.ask(
                "read what is wrong with the template",
                "cloudformation",
                "describe_events",
                **where,
                **more,
            )
        except OutsideError:
            return found  # the failure itself is said all the same
        found += [
            Objection(
                one.get("ResourceType", "?"),
                one.get("LogicalResourceId", "?"),
                one.get("ValidationStatusReason", "no reason given"),
            )
            for one in page.get("OperationEvents", [])
            if one.get("EventType") == _KIND
        ]
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}
