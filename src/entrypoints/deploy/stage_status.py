"""How a stage does: what AWS says of its parts, each for itself, so that one refusal hides one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.aws_calls import call
from application.errors import ConfigurationError, OutsideError
from application.read_models import POSITIONS, PRICES
from domain.instant import CANDLE, SECOND, iso
from entrypoints.deploy.arm_stack import EXECUTOR, MODE_VARIABLE
from entrypoints.deploy.deployed_function import environment_of
from entrypoints.deploy.stack_state import LIVE, resources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from application.ports.clock import Clock
    from application.ports.read_models import ReadModels
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.stack_state import Stack
    from entrypoints.stage import Stage

_ALARMS_A_CALL: Final = 100
_IN_ALARM: Final = "ALARM"


async def stage_status(
    aws: Aws,
    stage: Stage,
    stack: Stack,
    clock: Clock,
    tables: Callable[[Mapping[str, str]], tuple[ReadModels, Sequence[str]]],
) -> dict[str, Any]:
    """The state of all parts as JSON has it; `unknown` names the parts that could not be asked.

    `tables` gives the read models and coins from the variables of a function.
    """
    status: dict[str, Any] = {
        "stage": stage.name,
        "region": aws.region,
        "stack": {"name": stack.name, "status": stack.status, "reason": stack.reason},
        "trading_mode": stack.parameters.get("TradingMode", "?"),
    }
    unknown: dict[str, str] = {}

    def part(name: str, work: Callable[[], Any]) -> Any:
        try:
            status[name] = work()
        except (OutsideError, ConfigurationError) as error:
            status[name] = None
            unknown[name] = str(error)
        return status[name]

    names: dict[str, list[str]] = {}
    for kind, name in part("resources", lambda: resources_of(aws, stack)) or []:
        names.setdefault(kind, []).append(name)
    status["resources"] = sum(map(len, names.values()))
    told = part("executor", lambda: environment_of(aws, stage.physical(EXECUTOR)))
    status["executor"] = None
    # what the function is told is what counts
    status["armed"] = None if told is None else told.get(MODE_VARIABLE) == LIVE
    part("schedules", lambda: schedules(aws, names.get("AWS::Scheduler::Schedule", ())))
    part("alarms", lambda: alarms(aws, names.get("AWS::CloudWatch::Alarm", ())))
    part("queues", lambda: queues(aws, names.get("AWS::SQS::Queue", ())))
    part("endpoints", lambda: endpoints(aws, names.get("AWS::SageMaker::Endpoint", ())))
    del status["executor"]
    status |= {"price_age_s": None, "open_positions": None}
    if told is None:
        unknown["prices and positions"] = "order-executor could not be asked for its coins"
    else:
        try:
            models, pairs = tables(told)
            status["price_age_s"] = await price_ages(models, pairs, clock.now())
            status["open_positions"] = await open_positions(models)
        except (OutsideError, ConfigurationError) as error:
            unknown["prices and positions"] = str(error)
    status["unknown"] = unknown
    return status


def schedules(aws: Aws, wanted: Sequence[str]) -> dict[str, str]:
    """By the names of schedules "on" or "off", "absent" for one that is gone."""
    found = dict.fromkeys((_last(one) for one in wanted), "absent")
    more: dict[str, str] = {}
    while found:
        page = aws.ask("list the schedules", "scheduler", "list_schedules", **more)
        for one in page["Schedules"]:
            if one["Name"] in found:
                found[one["Name"]] = "on" if one.get("State") == "ENABLED" else "off"
        if not page.get("NextToken"):
            break
        more = {"NextToken": page["NextToken"]}
    return found


def alarms(aws: Aws, wanted: Sequence[str]) -> dict[str, Any]:
    """How many there are, and those that ring, with why."""
    ringing = []
    number = 0
    for first in range(0, len(wanted), _ALARMS_A_CALL):
        names = list(wanted[first : first + _ALARMS_A_CALL])
        page = aws.ask(
            "look at the alarms",
            "cloudwatch",
            "describe_alarms",
            AlarmNames=names,
            MaxRecords=_ALARMS_A_CALL,
        )
        for one in page["MetricAlarms"]:
            number += 1
            if one["StateValue"] == _IN_ALARM:
                ringing.append({"name": one["AlarmName"], "why": one.get("StateReason", "")})
    return {"number": number, "ringing": ringing}


def queues(aws: Aws, urls: Sequence[str]) -> dict[str, dict[str, int]]:
    """Messages waiting and under way by the names of queues."""
    found = {}
    for url in urls:
        answer = aws.ask(
            f"look at queue {_last(url)}",
            "sqs",
            "get_queue_attributes",
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        found[_last(url)] = {
            "waiting": int(answer["ApproximateNumberOfMessages"]),
            "under_way": int(answer["ApproximateNumberOfMessagesNotVisible"]),
        }
    return found


def endpoints(aws: Aws, names: Sequence[str]) -> dict[str, str]:
    """Status by the names of endpoints, as SageMaker says it; empty where momentum stands in."""
    client = aws.client("sagemaker") if names else None
    return {
        _last(name): call(
            f"look at endpoint {_last(name)}", client.describe_endpoint, EndpointName=_last(name)
        )["EndpointStatus"]
        for name in names
        if client is not None
    }


async def price_ages(models: ReadModels, pairs: Sequence[str], now: int) -> dict[str, float | None]:
    """Seconds since the newest candle of each pair closed; None without a candle."""
    ages: dict[str, float | None] = {}
    for pair in pairs:
        rows = await models.newest(PRICES, pair, 1)
        ages[pair] = (now - rows[-1].open_time - CANDLE) / SECOND if rows else None
    return ages


async def open_positions(models: ReadModels) -> list[dict[str, str]]:
    """What is held."""
    return [
        {
            "pair": row.pair,
            "position": row.position_id,
            "quantity": str(row.open.quantity),
            "cost_jpy": str(row.open.cost.amount),
            "opened_at": iso(row.open.opened_at),
        }
        for row in await models.flagged(POSITIONS)
        if row.open is not None
    ]


def _last(name: str) -> str:
    """The name in an address, an ARN or `group|name`."""
    return name.replace("|", "/").rstrip("/").rpartition("/")[2]
