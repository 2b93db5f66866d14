"""From a synthesized stack to one that runs: checked, shown, agreed to, followed, warmed up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from application.errors import OutsideError, Refused
from entrypoints.deploy.asset_bucket import make_own
from entrypoints.deploy.change_set import (
    discard,
    execute,
    make_change_set,
    rows_of,
)
from entrypoints.deploy.checks import Checks, check_ground
from entrypoints.deploy.data_guard import losses, sentence_of
from entrypoints.deploy.deployed_function import invoke
from entrypoints.deploy.follow import ended_well, follow, newest_event
from entrypoints.deploy.parameters import parameters_for
from entrypoints.deploy.publish import publish, publish_template
from entrypoints.deploy.serverless_quota import QUOTA
from entrypoints.deploy.stack_state import deployed_stack, deployed_template
from entrypoints.deploy.template_edits import edited

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from application.ports.clock import Clock
    from entrypoints.deploy.change_set import ChangeSet
    from entrypoints.deploy.checks import Ground
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.cloud_assembly import Assembly
    from entrypoints.deploy.dialogue import Dialogue
    from entrypoints.stage import Stage
    from entrypoints.wiring.settings import Settings


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Deployment:
    """What is deployed, and what the owner allows."""

    stage: Stage
    assembly: Assembly
    settings: Settings
    may_replace: bool = False
    """Data may be parted from the stack."""
    quota: int = QUOTA
    given: Mapping[str, str] = attrs.field(factory=dict)
    """Parameters that are no secrets, by name."""
    cost: Callable[[], str] | None = None
    """The monthly cost in one line."""


async def deploy(asked: Deployment, aws: Aws, clock: Clock, dialogue: Dialogue) -> None:
    """Make or change the stack of a stage. Doing it again changes nothing.

    Raises Refused where a check, the owner or CloudFormation says no, OutsideError and
    ConfigurationError where AWS cannot be asked.
    """
    stage, assembly = asked.stage, asked.assembly
    dialogue.say(f"{stage.stack}: checks")
    ground, parameters = check_ground(
        aws,
        stage,
        assembly,
        lambda stack: parameters_for(assembly.template, stack, asked.settings, asked.given),
        Checks(dialogue),
        asked.settings.instruments.pairs,
        asked.quota,
    )
    url = _published(asked, ground, aws, dialogue)
    change_set = await make_change_set(aws, ground.stack, stage.stack, url, parameters, clock)
    if change_set is None:
        dialogue.say(f"{stage.stack}: nothing to change, it is deployed as it is")
    else:
        _agreed(asked, ground, change_set, aws, dialogue)
        await _executed(change_set, aws, clock, dialogue, stage)
    _warmed_up(aws, stage, dialogue)
    _next_steps(aws, stage, dialogue)


def _published(asked: Deployment, ground: Ground, aws: Aws, dialogue: Dialogue) -> str:
    """The address of the template, after all that it refers to is where it says."""
    bucket, assembly = ground.bucket, asked.assembly
    if not bucket.exists:
        make_own(aws, bucket.name)
    number = publish(aws, bucket.name, assembly.assets, dialogue)
    there = len(assembly.assets) - number
    dialogue.say(f"{assembly.stack}: {number} packages uploaded, {there} were there already")
    text = edited(assembly.template, bucket, assembly.bucket, ground.account, aws.region)
    return publish_template(aws, bucket.name, assembly.stack, text)


def _agreed(
    asked: Deployment, ground: Ground, change_set: ChangeSet, aws: Aws, dialogue: Dialogue
) -> None:
    """Show what would change and ask. Raises Refused, leaving nothing behind."""
    name = asked.stage.stack
    dialogue.table(
        f"{name}: what will change", ("change", "of what", "names"), rows_of(change_set.changes)
    )
    old = {} if change_set.is_new or not ground.stack else deployed_template(aws, ground.stack)
    is_agreed = False
    try:
        lost = losses(change_set.changes, old, asked.assembly.template)
        if lost and not asked.may_replace:
            raise Refused(sentence_of(lost))
        if asked.cost is not None:
            dialogue.say(asked.cost())
        is_agreed = dialogue.agrees(f"change {name} in {aws.region}, account {ground.account}?")
    finally:
        if not is_agreed:
            discard(aws, change_set)
    if not is_agreed:
        raise Refused(f"{name}: not agreed to, and nothing was changed")


async def _executed(
    change_set: ChangeSet, aws: Aws, clock: Clock, dialogue: Dialogue, stage: Stage
) -> None:
    before = newest_event(aws, change_set.stack)
    execute(aws, change_set)
    dialogue.say(f"{stage.stack}: under way; it goes on if you interrupt this")
    end = await follow(aws, change_set.stack, before, clock, dialogue)
    ended_well(
        end,
        stage.stack,
        f"It was rolled back; mend that, `{stage.command('destroy')}`, then deploy again"
        if change_set.is_new
        else "It was rolled back to what ran before; mend that, then deploy again",
    )
    dialogue.say(f"{stage.stack}: {end.status}, {end.done} resources")


def _warmed_up(aws: Aws, stage: Stage, dialogue: Dialogue) -> None:
    """Fetch the first candles. Raises Refused where that fails; the stack is deployed then."""
    dialogue.say(f"{stage.stack}: fetching 1,000 candles of each coin ...")
    try:
        answer = invoke(aws, stage.physical("warm-up"), {})
    except OutsideError as failure:
        raise Refused(
            f"{stage.stack} is deployed, but its prices could not be warmed up: {failure}; "
            f"`{stage.command('deploy')}` tries that again"
        ) from failure
    failed = answer.get("failed")
    if failed:
        dialogue.say(f"  {answer.get('stored', 0)} candles; not fetched: {failed}")
    else:
        dialogue.say(f"  {answer.get('stored', 0)} candles stored")


def _next_steps(aws: Aws, stage: Stage, dialogue: Dialogue) -> None:
    if deployed_stack(aws, stage).is_live:
        dialogue.say(f"{stage.stack} is ARMED, as it was: it trades with real money")
        dialogue.say(f"  `{stage.command('disarm')}` stops that")
    else:
        dialogue.say(f"{stage.stack} is in dry run: it decides, and sends no order. What is next:")
        dialogue.say("  confirm the subscription that AWS has sent you by e-mail, if you gave one")
        dialogue.say("  `crypto-trader doctor` examines key, coins and feeds")
        dialogue.say(f"  `{stage.command('arm')}` lets it trade with real money")
    dialogue.say(f"  `{stage.command('status')}` and `{stage.command('logs')}` show how it does")
