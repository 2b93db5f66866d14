"""The five schedules, from the one list of them."""

import json

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler

from entrypoints.schedule_table import SCHEDULES, TIME_ZONE
from infra.functions import Made, trusted
from infra.stage import Stage

OLDEST_S = 60
"""A tick that could not be delivered within a minute is left to the next one."""


def make_schedules(stack: Stack, stage: Stage, made: dict[str, Made]) -> None:
    """Each calls its function with its own name and the moment that was meant."""
    called = sorted({made[one.function].arn for one in SCHEDULES})
    role = iam.CfnRole(
        stack,
        "SchedulerRole",
        assume_role_policy_document=trusted("scheduler.amazonaws.com", account=stack.account),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="own",
                policy_document={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": ["lambda:InvokeFunction"],
                            "Resource": called,
                        }
                    ],
                },
            )
        ],
    )
    for one in SCHEDULES:
        given = {"schedule": one.name, "time": "<aws.scheduler.scheduled-time>"}
        scheduler.CfnSchedule(
            stack,
            f"Every{''.join(word.capitalize() for word in one.name.split('-'))}",
            name=stage.prefix + one.name,
            schedule_expression=one.cron,
            schedule_expression_timezone=TIME_ZONE,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=made[one.function].arn,
                role_arn=role.attr_arn,
                input=json.dumps(given),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=OLDEST_S, maximum_retry_attempts=1
                ),
            ),
        )
