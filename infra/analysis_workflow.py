"""The state machine of an analysis: components of all pairs, then one decision."""

import json
from typing import Any, Final

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as states

from infra.functions import KEPT_DAYS, trusted
from infra.stage import Batching, Stage

PARALLEL_PAIRS: Final = 6
FORECAST_S: Final = 148
"""With what it tries again by itself; the state calls it again only where it was not run at all."""
BRANCH_S: Final = 28
"""An attempt of technical or sentiment; two of them and a pause are under 60 s."""
DECISION_S: Final = 28
MACHINE_S: Final = 240
RETRIES: Final = 1
PAUSE_S: Final = 2
NOT_RUN: Final = ("Lambda.TooManyRequestsException",)
"""What says at once that a function was not run: calling it again costs a pause and no time."""
LAMBDA_BUSY: Final = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    *NOT_RUN,
)


def definition(arns: dict[str, str], batching: Batching) -> dict[str, Any]:
    """The machine in the states language; `arns` of its four functions by name."""
    forecast = _component(arns["chronos-caller"], FORECAST_S, retries=NOT_RUN)
    technical = _component(arns["technical"], BRANCH_S, retries=("Retryable", *LAMBDA_BUSY))
    sentiment = _component(arns["sentiment-getter"], BRANCH_S, retries=("Retryable", *LAMBDA_BUSY))
    per_pair = {"Technical": technical, "Sentiment": sentiment}
    if batching == "per_pair":
        per_pair["Forecast"] = forecast
    pairs = _map(per_pair)
    if batching == "per_pair":
        components: dict[str, Any] = {**pairs, "ResultPath": "$.components", "Next": "Decide"}
    else:
        components = {
            "Type": "Parallel",
            "Branches": [_branch("Forecast", forecast), _branch("Pairs", pairs)],
            "ResultPath": "$.components",
            "Next": "Decide",
        }
    return {
        "Comment": "One analysis: a component that fails is absent, and loses no other.",
        "StartAt": "Components",
        "TimeoutSeconds": MACHINE_S,
        "States": {"Components": components, "Decide": _decide(arns["aggregator"])},
    }


def _decide(arn: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": arn,
        "Parameters": {
            "analysis.$": "$.analysis",
            "at.$": "$.at",
            "cause.$": "$.cause",
            "components.$": "$.components",
        },
        "TimeoutSeconds": DECISION_S,
        "Retry": [_retry(("Retryable", "Conflict", *LAMBDA_BUSY))],
        "End": True,
    }


def _map(tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Every pair beside the others; an item is what a function of one pair is given."""
    return {
        "Type": "Map",
        "ItemsPath": "$.pairs",
        "ItemSelector": {
            "analysis.$": "$.analysis",
            "at.$": "$.at",
            "pairs.$": "States.Array($$.Map.Item.Value)",
        },
        "MaxConcurrency": PARALLEL_PAIRS,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Pair",
            "States": {
                "Pair": {
                    "Type": "Parallel",
                    "Branches": [_branch(name, task) for name, task in tasks.items()],
                    "End": True,
                }
            },
        },
    }


def _branch(name: str, task: dict[str, Any]) -> dict[str, Any]:
    if task["Type"] == "Map":
        return {"StartAt": name, "States": {name: {**task, "End": True}}}
    absent, component = f"No {name.lower()}", name.lower()
    return {
        "StartAt": name,
        "States": {
            name: {**task, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": absent}]},
            absent: {
                "Type": "Pass",
                "Result": {"component": component, "readings": {}},
                "End": True,
            },
        },
    }


def _component(arn: str, seconds: int, *, retries: tuple[str, ...]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": arn,
        "Parameters": {"analysis.$": "$.analysis", "at.$": "$.at", "pairs.$": "$.pairs"},
        "TimeoutSeconds": seconds,
        "Retry": [_retry(retries)],
        "End": True,
    }


def _retry(errors: tuple[str, ...]) -> dict[str, Any]:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": PAUSE_S,
        "BackoffRate": 2,
        "MaxAttempts": RETRIES,
    }


def make_workflow(stack: Stack, stage: Stage, functions: dict[str, str]) -> states.CfnStateMachine:
    """The machine with its role and, where it keeps no history of its own, a log of failures."""
    group = logs.CfnLogGroup(
        stack,
        "AnalysisLogs",
        log_group_name=f"/aws/vendedlogs/states/{stage.prefix}analysis",
        retention_in_days=KEPT_DAYS,
    )
    role = iam.CfnRole(
        stack,
        "AnalysisRole",
        assume_role_policy_document=trusted("states.amazonaws.com", account=stack.account),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="own",
                policy_document={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["lambda:InvokeFunction"],
                            "Resource": sorted(functions.values()),
                        },
                        # these know no resource: so the service demands it
                        {"Effect": "Allow", "Action": list(_DELIVERY), "Resource": "*"},
                    ],
                },
            )
        ],
    )
    names = {name: f"${{{name.replace('-', '')}}}" for name in functions}
    return states.CfnStateMachine(
        stack,
        "Analysis",
        state_machine_name=f"{stage.prefix}analysis",
        state_machine_type=stage.workflow_type.upper(),
        role_arn=role.attr_arn,
        definition_string=json.dumps(definition(names, stage.forecast_batching), indent=1),
        definition_substitutions={name.replace("-", ""): arn for name, arn in functions.items()},
        logging_configuration=states.CfnStateMachine.LoggingConfigurationProperty(
            level="ERROR",
            include_execution_data=False,
            destinations=[
                states.CfnStateMachine.LogDestinationProperty(
                    cloud_watch_logs_log_group=states.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                        log_group_arn=group.attr_arn
                    )
                )
            ],
        ),
    )


_DELIVERY: Final = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
