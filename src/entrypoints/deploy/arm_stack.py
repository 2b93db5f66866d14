"""Real orders or none: the one parameter of a stack that decides it, changed and looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from application.errors import Broken, ConfigurationError, OutsideError, Refused
from entrypoints.deploy.change_set import CAPABILITIES
from entrypoints.deploy.checks import Checks, account_of, check_stack
from entrypoints.deploy.coincheck_secret import CHECK, check_fields
from entrypoints.deploy.deployed_function import environment_of
from entrypoints.deploy.follow import ended_well, follow, is_nothing_to_update, newest_event
from entrypoints.deploy.parameters import with_one
from entrypoints.deploy.stack_state import (
    DRY_RUN,
    LIVE,
    TRADING_MODE,
    deployed_stack,
    hindrance,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from application.ports.clock import Clock
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.dialogue import Dialogue
    from entrypoints.deploy.stack_state import Stack
    from entrypoints.stage import Stage
    from entrypoints.wiring.settings import Settings

EXECUTOR: Final = "order-executor"
MODE_VARIABLE: Final = "TRADING_MODE"


async def arm(stage: Stage, settings: Settings, aws: Aws, clock: Clock, dialogue: Dialogue) -> None:
    """Let a stage trade with real money, once the owner has written that he means it.

    Raises ConfigurationError without the sentence in the configuration, Refused where a check
    or the owner says no, OutsideError.
    """
    from entrypoints.wiring.settings import CONFIRMATION

    if settings.live.confirm != CONFIRMATION:
        raise ConfigurationError(
            f'[live] confirm: write confirm = "{CONFIRMATION}" into the configuration to go on'
        )
    checks = Checks(dialogue)
    account_of(aws, checks)
    stack = deployed_stack(aws, stage)
    checks.add(check_stack(stack, stage))
    told = environment_of(aws, stage.physical(EXECUTOR))
    name = told.get("COINCHECK_SECRET", "")
    if not name:
        raise Broken(
            f"{EXECUTOR} is told of no COINCHECK_SECRET: `{stage.command('deploy')}` mends that"
        )
    checks.make(CHECK, lambda: check_fields(aws, name))
    checks.passed("arm")
    if stack.is_live and told.get(MODE_VARIABLE) == LIVE:
        dialogue.say(f"{stage.stack} is armed already")
        return
    dialogue.say(what_it_may_spend(stage, told))
    if not dialogue.agrees(f"let {stage.stack} trade with real money?"):
        raise Refused(f"{stage.stack}: not agreed to; it stays in dry run")
    await _set(stage, stack, LIVE, aws, clock, dialogue)
    dialogue.say(f"{stage.stack} is ARMED; `{stage.command('disarm')}` stops it")


async def disarm(stage: Stage, aws: Aws, clock: Clock, dialogue: Dialogue) -> None:
    """Stop a stage from sending orders. Asks nothing. Raises Refused, OutsideError."""
    stack = deployed_stack(aws, stage)
    reason = hindrance(stack, stage)
    if reason:
        raise Refused(f"{reason}. To stop orders at once: {_at_once(stage)}")
    executor = stage.physical(EXECUTOR)
    is_live = stack.is_live or environment_of(aws, executor).get(MODE_VARIABLE) == LIVE
    if not is_live:
        dialogue.say(f"{stage.stack} is in dry run already")
        return
    try:
        await _set(stage, stack, DRY_RUN, aws, clock, dialogue)
    except (OutsideError, ConfigurationError):
        dialogue.say(f"  NOT disarmed. To stop orders at once: {_at_once(stage)}")
        raise
    dialogue.say(f"{stage.stack} is in dry run: it sends no order any more, sells included")
    dialogue.say("  coins it holds stay at Coincheck, without stop-loss, until you sell or arm it")


async def _set(
    stage: Stage, stack: Stack, mode: str, aws: Aws, clock: Clock, dialogue: Dialogue
) -> None:
    """Change the one parameter and believe it when the function has it."""
    if TRADING_MODE not in stack.parameters:
        raise Refused(f"{stage.stack} has no parameter {TRADING_MODE}: deploy it again")
    before = newest_event(aws, stack.identity)
    try:
        aws.ask(
            f"update of {stage.stack}",
            "cloudformation",
            "update_stack",
            StackName=stack.name,
            UsePreviousTemplate=True,
            Parameters=with_one(stack, TRADING_MODE, mode),
            Capabilities=list(CAPABILITIES),
        )
    except OutsideError as failure:
        if not is_nothing_to_update(failure):
            raise
    else:
        end = await follow(aws, stack.identity, before, clock, dialogue)
        ended_well(end, stage.stack, f"It is as it was; `{stage.command('status')}`")
    found = environment_of(aws, stage.physical(EXECUTOR)).get(MODE_VARIABLE, "nothing")
    if found != mode:
        raise Broken(
            f"{EXECUTOR} has {MODE_VARIABLE} = {found}, not {mode}: "
            f"`{stage.command('deploy')}`, then again"
        )


def _at_once(stage: Stage) -> str:
    name = stage.physical(EXECUTOR)
    return (
        f"`aws lambda put-function-concurrency --function-name {name} "
        "--reserved-concurrent-executions 0`"
    )


def what_it_may_spend(stage: Stage, told: Mapping[str, str]) -> str:
    """The most that can go into coins, in JPY, as the deployed functions are told.

    Raises ConfigurationError for constants or coins that cannot be understood.
    """
    from domain.errors import DomainError
    from domain.parameters import STANDARD
    from entrypoints.wiring.pairs import instruments_of

    try:
        given = json.loads(told.get("STRATEGY_PARAMETERS") or "{}")
        p = STANDARD.with_settings([f"{name}={value}" for name, value in given.items()])
    except (ValueError, AttributeError, DomainError) as error:
        raise ConfigurationError(f"STRATEGY_PARAMETERS of {EXECUTOR}: {error}") from None
    coins = len(list(instruments_of(told.get("TRADING_PAIRS_CONFIG", ""))))
    most = p.max_position_jpy * p.max_positions_per_pair * coins
    return (
        f"{stage.stack}: armed, it may put up to {most:,.0f} JPY of what is free on Coincheck into "
        f"coins: {p.max_position_jpy:,} JPY a position, {p.max_positions_per_pair} position each "
        f"of {coins} coins; {p.reserve_jpy:,} JPY are never touched. After a loss of "
        f"{p.breaker_loss_jpy:,} JPY, or {p.breaker_losses_in_a_row} losses in a row, buying stops "
        "for a while."
    )
