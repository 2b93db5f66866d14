"""A small template written by hand: names of its own, references of every style."""

import json
from typing import Any

SCHEDULED = {
    "price-collector": "rate(5 minutes)",
    "position-monitor": "cron(0/5 * * * ? *)",
    "news-collector": "rate(30 minutes)",
    "market-context": "cron(0,30 * * * ? *)",
    "daily-reporter": "cron(0 23 * * ? *)",
}
MEMORY = {"technical": 512, "aggregator": 512, "daily-reporter": 512, "warm-up": 512}
NAMES = (
    *SCHEDULED,
    "technical",
    "chronos-caller",
    "sentiment-getter",
    "aggregator",
    "order-executor",
    "error-remediator",
    "warm-up",
    "slack-notifier",
)
TABLES = ("events", "prices", "signals", "positions", "trades", "analysis_state")
ENDPOINT = {"SAGEMAKER_ENDPOINT": "eth-trading-chronos-base"}


def id_of(name: str) -> str:
    return f"Fn{name.title().replace('-', '')}"


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [id_of(name), "Arn"]}


def function(name: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Handler": f"entrypoints.aws_lambda.{name.replace('-', '_')}.handler",
            "MemorySize": MEMORY.get(name, 256),
            "Timeout": 120,
            "Architectures": ["arm64"],
            **properties,
        },
    }


def task(name: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"<<{name}>>", "Payload.$": "$"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Absent"}],
        "End": True,
    }


def branch(name: str) -> dict[str, Any]:
    absent = {"Type": "Pass", "Result": {}, "End": True}
    return {"StartAt": name, "States": {name: task(name), "Absent": absent}}


def pairs(*names: str) -> dict[str, Any]:
    parallel = {"Type": "Parallel", "Branches": [branch(one) for one in names], "End": True}
    return {
        "Type": "Map",
        "MaxConcurrency": 6,
        "ItemProcessor": {"StartAt": "Pair", "States": {"Pair": parallel}},
    }


def definition(*, per_pair: bool) -> dict[str, Any]:
    """The machine of either topology."""
    aggregate = {"Type": "Task", "Resource": "<<aggregator>>", "End": True}
    if per_pair:
        first = pairs("technical", "chronos-caller", "sentiment-getter")
    else:
        each = {**pairs("technical", "sentiment-getter"), "End": True}
        first = {
            "Type": "Parallel",
            "Branches": [branch("chronos-caller"), {"StartAt": "Each", "States": {"Each": each}}],
        }
    return {
        "StartAt": "First",
        "States": {"First": {**first, "Next": "Aggregate"}, "Aggregate": aggregate},
    }


def joined(machine: dict[str, Any]) -> dict[str, Any]:
    """A definition as text with references in it, as constructs of a higher level write it."""
    parts: list[Any] = []
    for at, part in enumerate(json.dumps(machine).replace("<<", ">>").split(">>")):
        parts.append(arn(part) if at % 2 else part)
    return {"Fn::Join": ["", parts]}


def machine(*, per_pair: bool, workflow: str, level: str) -> dict[str, Any]:
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineType": workflow,
            "LoggingConfiguration": {"Level": level},
            "DefinitionString": joined(definition(per_pair=per_pair)),
        },
    }


def alarms(count: int) -> dict[str, Any]:
    return {
        f"Alarm{at}": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}}
        for at in range(count)
    }


def schedule(name: str, expression: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {"ScheduleExpression": expression, "Target": {"Arn": arn(name)}},
    }


def table(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "TableName": {"Fn::Sub": f"${{Prefix}}{name}"},
        "BillingMode": "PAY_PER_REQUEST",
    }
    if name == "events":
        properties["GlobalSecondaryIndexes"] = [{"IndexName": "by_commit"}]
    if name in {"events", "positions", "trades"}:
        properties["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


def messaging() -> dict[str, Any]:
    return {
        "Orders": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
        "Feed": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
                "FunctionName": {"Ref": id_of("order-executor")},
            },
        },
        "Alerts": {"Type": "AWS::SNS::Topic"},
        "ToSlack": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"Protocol": "lambda", "Endpoint": arn("slack-notifier")},
        },
        "Filter": {
            "Type": "AWS::Logs::SubscriptionFilter",
            "Properties": {"DestinationArn": arn("error-remediator")},
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 14}},
    }


def template(
    *,
    per_pair: bool = False,
    workflow: str = "EXPRESS",
    level: str = "ERROR",
    coins: str = "",
    endpoint: bool = True,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A whole system; `more` adds resources or puts others in their place."""
    functions = {id_of(name): function(name) for name in NAMES}
    of_forecast = ENDPOINT if endpoint else {}
    functions[id_of("chronos-caller")]["Properties"]["Environment"] = {
        "Variables": {"TRADING_PAIRS_CONFIG": {"Ref": "Coins"}, **of_forecast}
    }
    functions[id_of("order-executor")]["Properties"]["Environment"] = {
        "Variables": {"COINCHECK_SECRET": "eth-trading-coincheck"}
    }
    return {
        "Parameters": {
            "Coins": {"Type": "String", "Default": coins},
            "Prefix": {"Type": "String", "Default": "eth-trading-"},
        },
        "Resources": {
            **functions,
            **{
                f"When{at}": schedule(name, expression)
                for at, (name, expression) in enumerate(SCHEDULED.items())
            },
            **{f"Table{name.title()}": table(name) for name in TABLES},
            **messaging(),
            **alarms(25),
            "Machine": machine(per_pair=per_pair, workflow=workflow, level=level),
            "Reports": {"Type": "AWS::S3::Bucket"},
            "Role": {"Type": "AWS::IAM::Role"},
            **(more or {}),
        },
    }
