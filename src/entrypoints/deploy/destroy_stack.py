"""Taking a stage away: what goes, what stays, and asked for by its name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from adapters.aws_calls import code_of
from application.errors import OutsideError, Refused
from entrypoints.deploy.asset_bucket import own_bucket, remove_own
from entrypoints.deploy.checks import Checks, account_of
from entrypoints.deploy.follow import ended_well, follow, newest_event
from entrypoints.deploy.stack_state import deployed_template, find_stack, living
from entrypoints.deploy.template_edits import is_retained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from application.ports.clock import Clock
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.dialogue import Dialogue
    from entrypoints.deploy.stack_state import Stack
    from entrypoints.stage import Stage

_NAMED: Final = frozenset({"DynamoDB::Table", "S3::Bucket"})
"""What holds something is named, even where it can be made again from the log."""


async def destroy(stage: Stage, aws: Aws, clock: Clock, dialogue: Dialogue) -> None:
    """Delete the stack of a stage and wait. Retained data stays.

    Raises Refused where the owner, its state or CloudFormation says no, OutsideError.
    """
    account = account_of(aws, Checks(dialogue))
    stack = living(find_stack(aws, stage.stack))
    if stack is None:
        dialogue.say(f"there is no stack {stage.stack} in {aws.region}: nothing to delete")
        _packages_removed(aws, stage, account, dialogue)
        return
    if stack.is_busy:
        raise Refused(f"{stack.name} is {stack.status}: wait until it ends, then again")
    if stack.is_protected:
        raise Refused(
            f"{stack.name} is protected: `aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection --stack-name {stack.name}` lifts that"
        )
    _said(stack, {} if stack.is_empty else deployed_template(aws, stack), dialogue)
    if not dialogue.types(f"type {stage.stack} to delete it", stage.stack):
        raise Refused(f"{stage.stack}: the name was not typed, and nothing was deleted")
    before = newest_event(aws, stack.identity)
    aws.ask(
        f"delete stack {stack.name}", "cloudformation", "delete_stack", StackName=stack.identity
    )
    end = await follow(aws, stack.identity, before, clock, dialogue)
    ended_well(end, stack.name, f"Mend that, then `{stage.command('destroy')}` goes on")
    _packages_removed(aws, stage, account, dialogue)
    dialogue.say(f"{stage.stack} is deleted")


def _said(stack: Stack, template: Mapping[str, Any], dialogue: Dialogue) -> None:
    """What stays and what goes."""
    if stack.is_live:
        dialogue.say(
            f"{stack.name} is ARMED: coins it holds stay at Coincheck, and nothing watches them "
            "any more"
        )
    kept, gone = sorted_out(template)
    rows = [("stays", kind, ", ".join(names)) for kind, names in kept.items()]
    rows += [
        ("goes", kind, ", ".join(names) if kind in _NAMED else f"{len(names)} of them")
        for kind, names in gone.items()
    ]
    dialogue.table(f"{stack.name}: to be deleted", ("", "what", "which"), rows)
    if kept:
        dialogue.say("what stays costs its storage; deployed again, the stage takes it over")


def sorted_out(
    template: Mapping[str, Any],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Names by type: what outlives the stack, and what does not."""
    kept: defaultdict[str, list[str]] = defaultdict(list)
    gone: defaultdict[str, list[str]] = defaultdict(list)
    for logical, one in sorted(template.get("Resources", {}).items()):
        kind = one["Type"].removeprefix("AWS::")
        properties = one.get("Properties", {})
        names = (properties.get(key) for key in ("TableName", "BucketName", "LogGroupName"))
        name = next((name for name in names if isinstance(name, str)), logical)
        (kept if is_retained(one) else gone)[kind].append(name)
    return dict(kept), dict(gone)


def _packages_removed(aws: Aws, stage: Stage, account: str, dialogue: Dialogue) -> None:
    """The stage's own bucket of packages goes with it; the account's bootstrap stays."""
    name = own_bucket(stage, account)
    try:
        aws.ask(f"look at bucket {name}", "s3", "head_bucket", Bucket=name)
    except OutsideError as error:
        if error.__cause__ is not None and code_of(error.__cause__) in {"404", "NoSuchBucket"}:
            return
        raise
    number = remove_own(aws, name)
    dialogue.say(f"bucket {name} deleted, with {number} packages")
