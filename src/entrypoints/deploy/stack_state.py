"""A stage's stack as it stands, and what its state means for whoever wants to change it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from adapters.aws_calls import code_of
from application.errors import Broken, OutsideError, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrypoints.deploy.clients import Aws
    from entrypoints.stage import Stage

TRADING_MODE: Final = "TradingMode"
LIVE: Final = "live"
DRY_RUN: Final = "dry_run"

_DEAD: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})
_STUCK: Final = frozenset({"UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED", "UPDATE_FAILED"})


@attrs.frozen(slots=True, weakref_slot=False)
class Stack:
    """Name, id, status as CloudFormation says it, and parameters (secret ones as stars)."""

    name: str
    identity: str
    status: str
    reason: str
    parameters: Mapping[str, str]
    is_protected: bool

    @property
    def is_empty(self) -> bool:
        """Only a change set was made for it, and nothing else exists."""
        return self.status == "REVIEW_IN_PROGRESS"

    @property
    def is_busy(self) -> bool:
        """Somebody is changing it."""
        return self.status.endswith("_IN_PROGRESS") and not self.is_empty

    @property
    def is_live(self) -> bool:
        """Whether its orders are real."""
        return self.parameters.get(TRADING_MODE) == LIVE


def find_stack(aws: Aws, name: str) -> Stack | None:
    """A stack by name or id; None when there is none. Raises OutsideError."""
    try:
        answer = aws.ask(
            f"look at stack {name}", "cloudformation", "describe_stacks", StackName=name
        )
    except OutsideError as error:
        if is_absent(error):
            return None
        raise
    if not answer["Stacks"]:
        return None
    one = answer["Stacks"][0]
    return Stack(
        name=one["StackName"],
        identity=one["StackId"],
        status=one["StackStatus"],
        reason=one.get("StackStatusReason", ""),
        parameters={
            p["ParameterKey"]: p.get("ParameterValue", "") for p in one.get("Parameters", [])
        },
        is_protected=bool(one.get("EnableTerminationProtection")),
    )


def is_absent(error: OutsideError) -> bool:
    """Whether CloudFormation says that there is no such stack."""
    cause = error.__cause__
    if cause is None:
        return False
    return code_of(cause) == "ValidationError" and "does not exist" in str(cause)


def living(stack: Stack | None) -> Stack | None:
    """The stack unless it was deleted."""
    return None if stack is None or stack.status == "DELETE_COMPLETE" else stack


def hindrance(stack: Stack | None, stage: Stage) -> str:
    """Why a stack cannot be changed now and what to do; "" when it can."""
    if stack is None or stack.is_empty:
        return ""
    if stack.is_busy:
        return f"{stack.name} is {stack.status}: wait until it ends; `{stage.command('status')}`"
    if stack.status in _DEAD:
        return (
            f"{stack.name} is {stack.status}{_because(stack)}: "
            f"`{stage.command('destroy')}` clears it away, then deploy again"
        )
    if stack.status in _STUCK:
        return (
            f"{stack.name} is {stack.status}{_because(stack)}: mend what is named there, then "
            f"`aws cloudformation continue-update-rollback --stack-name {stack.name}`"
        )
    return ""


def _because(stack: Stack) -> str:
    return f" ({stack.reason})" if stack.reason else ""


def deployed_stack(aws: Aws, stage: Stage) -> Stack:
    """The stack of a stage that is there. Raises Refused where it is not."""
    stack = living(find_stack(aws, stage.stack))
    if stack is None or stack.is_empty:
        raise Refused(
            f"there is no stack {stage.stack} in {aws.region}: `{stage.command('deploy')}` makes it"
        )
    return stack


def deployed_template(aws: Aws, stack: Stack) -> dict[str, Any]:
    """The template that a stack was made of. Raises Broken for one that is not JSON."""
    answer = aws.ask(
        f"read the template of {stack.name}",
        "cloudformation",
        "get_template",
        StackName=stack.identity,
        TemplateStage="Original",
    )
    body = answer["TemplateBody"]
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError as error:
            raise Broken(f"the template of {stack.name} is not JSON: {error}") from None
    return dict(body)


def resources_of(aws: Aws, stack: Stack) -> list[tuple[str, str]]:
    """(type, name on AWS) of everything that a stack holds."""
    found, more = [], {}
    while True:
        answer = aws.ask(
            f"list what {stack.name} holds",
            "cloudformation",
            "list_stack_resources",
            StackName=stack.identity,
            **more,
        )
        found += [
            (one["ResourceType"], one["PhysicalResourceId"])
            for one in answer["StackResourceSummaries"]
            if one.get("PhysicalResourceId") and one.get("ResourceStatus") != "DELETE_COMPLETE"
        ]
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}
