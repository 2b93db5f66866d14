"""CloudFormation as far as a deployment sees it: change sets, events one after another, rollback.

An operation begins; each look at the events lets it go one step on.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from tests.entrypoints.deploy.fake_client import FakeClient, refusal

REGION = "ap-northeast-1"
PAGE = 3
"""Changes, events and resources of a page: fewer than there are."""
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


@attrs.define
class FakeStack:
    """A stack; `steps` are what will happen: (event, status of the stack after it)."""

    name: str
    number: int
    status: str = "REVIEW_IN_PROGRESS"
    template: dict[str, Any] = attrs.field(factory=dict)
    parameters: dict[str, str] = attrs.field(factory=dict)
    events: list[dict[str, Any]] = attrs.field(factory=list)
    steps: list[tuple[dict[str, Any], str, Callable[[], None]]] = attrs.field(factory=list)
    protected: bool = False

    @property
    def identity(self) -> str:
        return f"arn:aws:cloudformation:{REGION}:123456789012:stack/{self.name}/{self.number}"


def nothing() -> None:
    """Nothing happens besides."""


class FakeCloudFormation(FakeClient):
    """`broken`: reasons by logical id of what cannot be made. `left`: names that lie about."""

    service = "cloudformation"

    def __init__(self, s3: Any, applied: Callable[[FakeStack], None] = lambda _: None) -> None:
        super().__init__()
        self._s3 = s3
        self._applied = applied
        self.stacks: list[FakeStack] = []
        self.change_sets: dict[str, dict[str, Any]] = {}
        self.broken: dict[str, str] = {}
        self.left: set[str] = set()
        self.replacing: dict[str, str] = {}
        self.objections: dict[str, str] = {}

    def stack(self, name: str) -> FakeStack:
        """A living stack by name, or any by id."""
        for one in reversed(self.stacks):
            if name == one.identity or (name == one.name and one.status != "DELETE_COMPLETE"):
                return one
        raise refusal("DescribeStacks", "ValidationError", f"Stack with id {name} does not exist")

    def op_describe_stacks(self, **given: Any) -> Any:
        one = self.stack(given["StackName"])
        secret = {
            name
            for name, about in one.template.get("Parameters", {}).items()
            if about.get("NoEcho")
        }
        return {
            "Stacks": [
                {
                    "StackName": one.name,
                    "StackId": one.identity,
                    "StackStatus": one.status,
                    "CreationTime": MOMENT,
                    "EnableTerminationProtection": one.protected,
                    "Parameters": [
                        {
                            "ParameterKey": name,
                            "ParameterValue": "****" if name in secret else value,
                        }
                        for name, value in one.parameters.items()
                    ],
                }
            ]
        }

    def op_create_change_set(self, **given: Any) -> Any:
        name = given["StackName"]
        waiting = [one.name for one in self.stacks if one.status == "REVIEW_IN_PROGRESS"]
        if given["ChangeSetType"] == "CREATE" and name not in waiting:
            self.stacks.append(FakeStack(name, len(self.stacks)))
        stack = self.stack(name)
        template = self._template(given["TemplateURL"])
        parameters = self._parameters(stack, template, given["Parameters"])
        changes = self._changes(stack, template, parameters)
        number = len(self.change_sets)
        label = given["ChangeSetName"]
        identity = f"arn:aws:cloudformation:{REGION}:123456789012:changeSet/{label}/{number}"
        self.change_sets[identity] = {
            "stack": stack,
            "template": template,
            "parameters": parameters,
            "changes": changes,
            "looks": 0,
        }
        return {"Id": identity, "StackId": stack.identity}

    def _template(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        assert parts.netloc == f"s3.{REGION}.amazonaws.com"
        bucket, _, key = parts.path.lstrip("/").partition("/")
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return json.loads(body)

    @staticmethod
    def _parameters(stack: FakeStack, template: dict, given: list) -> dict[str, str]:
        declared = template.get("Parameters", {})
        asked = {one["ParameterKey"]: one for one in given}
        for name in asked:
            if name not in declared:
                raise refusal(
                    "CreateChangeSet",
                    "ValidationError",
                    f"Parameters: [{name}] do not exist in the template",
                )
        found = {}
        for name, about in declared.items():
            one = asked.get(name, {})
            if one.get("UsePreviousValue"):
                found[name] = stack.parameters[name]
            elif "ParameterValue" in one:
                found[name] = one["ParameterValue"]
            else:
                found[name] = about["Default"]
        return found

    def _changes(self, stack: FakeStack, template: dict, parameters: dict) -> list[Any]:
        before, after = stack.template.get("Resources", {}), template["Resources"]
        told = parameters != stack.parameters
        changes = []
        for name in sorted({*before, *after}):
            change = self._change(name, before.get(name), after.get(name), told=told)
            if change:
                changes.append({"Type": "Resource", "ResourceChange": change})
        return changes

    def _change(self, name: str, old: Any, new: Any, *, told: bool) -> dict[str, Any] | None:
        one = new or old
        change = {"LogicalResourceId": name, "ResourceType": one["Type"]}
        if old is None:
            is_left = one.get("DeletionPolicy") == "Retain" and self._name(name, one) in self.left
            return change | {"Action": "Import" if is_left else "Add"}
        change["PhysicalResourceId"] = self._name(name, old)
        if new is None:
            return change | {"Action": "Remove"}
        if old != new or (told and "Ref" in json.dumps(new)):
            return change | {"Action": "Modify", "Replacement": self.replacing.get(name, "False")}
        return None

    @staticmethod
    def _name(logical: str, one: dict[str, Any]) -> str:
        properties = one.get("Properties", {})
        for key in ("TableName", "BucketName", "QueueName", "FunctionName"):
            if isinstance(properties.get(key), str):
                return properties[key]
        return logical.lower()

    def op_describe_change_set(self, **given: Any) -> Any:
        one = self.change_sets[given["ChangeSetName"]]
        one["looks"] += 1
        if one["looks"] == 1:
            return {"Status": "CREATE_IN_PROGRESS"}
        if self.objections:
            reason = "Validation failed with 1 error(s). Call DescribeEvents for them."
            return {"Status": "FAILED", "StatusReason": reason}
        if not one["changes"]:
            reason = (
                "The submitted information didn't contain changes. Submit different information."
            )
            return {"Status": "FAILED", "StatusReason": reason}
        first = int(given.get("NextToken") or 0)
        answer = {"Status": "CREATE_COMPLETE", "Changes": one["changes"][first : first + PAGE]}
        if first + PAGE < len(one["changes"]):
            answer["NextToken"] = str(first + PAGE)
        return answer

    def op_describe_events(self, **given: Any) -> Any:
        assert "StackName" in given or given["ChangeSetName"] in self.change_sets
        events = [
            {
                "EventId": name,
                "EventType": "VALIDATION_ERROR",
                "LogicalResourceId": name,
                "ResourceType": "AWS::S3::Bucket",
                "ValidationStatusReason": reason,
            }
            for name, reason in self.objections.items()
        ]
        return {"OperationEvents": [{"EventId": "0", "EventType": "STACK_EVENT"}, *events]}

    def op_delete_change_set(self, **given: Any) -> None:
        del self.change_sets[given["ChangeSetName"]]

    def op_execute_change_set(self, **given: Any) -> None:
        one = self.change_sets.pop(given["ChangeSetName"])
        stack: FakeStack = one["stack"]
        verb = "CREATE" if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        changes = [change["ResourceChange"] for change in one["changes"]]

        def done() -> None:
            stack.template, stack.parameters = one["template"], one["parameters"]
            self._applied(stack)

        self._begin(stack, verb, changes, done)

    def _begin(self, stack: FakeStack, verb: str, changes: list, done: Callable[[], None]) -> None:
        back = "ROLLBACK" if verb == "CREATE" else "UPDATE_ROLLBACK"
        stack.status = f"{verb}_IN_PROGRESS"
        self._happen(stack, stack.name, stack.status)
        for change in changes:
            name, kind = change["LogicalResourceId"], change["ResourceType"]
            reason = self.broken.get(name)
            stack.steps.append((self._event(stack, name, f"{verb}_IN_PROGRESS", kind), "", nothing))
            if reason:
                failed = self._event(stack, name, f"{verb}_FAILED", kind, reason)
                stack.steps.append((failed, f"{back}_IN_PROGRESS", nothing))
                other = self._event(
                    stack, "Other", f"{verb}_FAILED", kind, "Resource creation cancelled"
                )
                stack.steps.append((other, "", nothing))
                ended = self._event(stack, stack.name, f"{back}_COMPLETE")
                stack.steps.append((ended, f"{back}_COMPLETE", nothing))
                return
            stack.steps.append((self._event(stack, name, f"{verb}_COMPLETE", kind), "", nothing))
        ended = self._event(stack, stack.name, f"{verb}_COMPLETE")
        stack.steps.append((ended, f"{verb}_COMPLETE", done))

    def _event(
        self,
        stack: FakeStack,
        logical: str,
        status: str,
        kind: str = "AWS::CloudFormation::Stack",
        reason: str = "",
    ) -> dict[str, Any]:
        event = {
            "StackId": stack.identity,
            "StackName": stack.name,
            "EventId": f"{stack.number}-{len(stack.events) + len(stack.steps)}-{logical}-{status}",
            "LogicalResourceId": logical,
            "ResourceType": kind,
            "ResourceStatus": status,
            "Timestamp": MOMENT,
        }
        return event | ({"ResourceStatusReason": reason} if reason else {})

    def _happen(self, stack: FakeStack, logical: str, status: str) -> None:
        stack.events.insert(0, self._event(stack, logical, status))

    def op_describe_stack_events(self, **given: Any) -> Any:
        stack = self.stack(given["StackName"])
        if not given.get("NextToken") and stack.steps:
            event, status, effect = stack.steps.pop(0)
            stack.events.insert(0, event)
            stack.status = status or stack.status
            effect()
        first = int(given.get("NextToken") or 0)
        answer = {"StackEvents": stack.events[first : first + PAGE]}
        if first + PAGE < len(stack.events):
            answer["NextToken"] = str(first + PAGE)
        return answer

    def op_update_stack(self, **given: Any) -> Any:
        stack = self.stack(given["StackName"])
        assert given["UsePreviousTemplate"]
        parameters = self._parameters(stack, stack.template, given["Parameters"])
        changes = self._changes(stack, stack.template, parameters)
        if not changes:
            raise refusal("UpdateStack", "ValidationError", "No updates are to be performed.")

        def done() -> None:
            stack.parameters = parameters
            self._applied(stack)

        self._begin(stack, "UPDATE", [one["ResourceChange"] for one in changes], done)
        return {"StackId": stack.identity}

    def op_delete_stack(self, **given: Any) -> None:
        stack = self.stack(given["StackName"])
        if stack.status == "REVIEW_IN_PROGRESS":
            stack.status = "DELETE_COMPLETE"
            return
        going = [
            {"LogicalResourceId": name, "ResourceType": one["Type"]}
            for name, one in stack.template.get("Resources", {}).items()
            if one.get("DeletionPolicy") != "Retain"
        ]
        self._begin(stack, "DELETE", going, nothing)
        if any(name in self.broken for name in stack.template.get("Resources", {})):
            event, _, effect = stack.steps[-1]
            event["ResourceStatus"] = "DELETE_FAILED"
            stack.steps[-1] = (event, "DELETE_FAILED", effect)

    def op_get_template(self, **given: Any) -> Any:
        return {"TemplateBody": json.dumps(self.stack(given["StackName"]).template)}

    def op_list_stack_resources(self, **given: Any) -> Any:
        rows = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": self._name(name, one),
                "ResourceType": one["Type"],
                "LastUpdatedTimestamp": MOMENT,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, one in self.stack(given["StackName"]).template.get("Resources", {}).items()
        ]
        first = int(given.get("NextToken") or 0)
        answer = {"StackResourceSummaries": rows[first : first + PAGE]}
        if first + PAGE < len(rows):
            answer["NextToken"] = str(first + PAGE)
        return answer
