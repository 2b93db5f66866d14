"""What rings: alarms on the functions, the dead letters and the silence; error lines of logs."""

from typing import Any, Final

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as watch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from domain.upkeep.error_report import WANTED
from infra.functions import ALARMED, WATCHED, Made, invocable
from infra.order_queue import Queues
from infra.stage import Stage

SLOW: Final = 0.8
"""Of its timeout: a function that comes near it will soon be cut off."""
SILENCE_S: Final = 900
PERIOD_S: Final = 300
STRUCTURED: Final = ('"level":"ERROR"', '"level": "ERROR"', '"log_level": "ERROR"')
"""How structured lines of this level begin; the runtime and our logger space them differently."""


def pattern() -> str:
    """What a line of a function's log needs to be looked at: any of these, nothing excluded.

    Beside an exclusion the service ignores terms of which any would do; what is expected is
    left out by the function that reads the lines.
    """
    terms = (*WANTED, *STRUCTURED)
    return " ".join('?"' + one.replace('"', '\\"') + '"' for one in terms)


def make_alarms(stack: Stack, stage: Stage, made: dict[str, Made], queues: Queues) -> sns.CfnTopic:
    """All alarms; they go to the topic, and from there to Slack and, if wanted, by e-mail."""
    topic = sns.CfnTopic(stack, "Alerts", topic_name=f"{stage.prefix}alerts")
    sns.CfnTopicPolicy(
        stack,
        "AlertsPolicy",
        topics=[topic.ref],
        policy_document=_may_publish(stack, topic.ref),
    )
    for row in ALARMED:
        _of_function(stack, stage, made[row.name], topic)
    _of_dead_letters(stack, stage, queues, topic)
    _of_silence(stack, stage, topic)
    notifier = made["slack-notifier"]
    sns.CfnSubscription(
        stack, "ToSlack", topic_arn=topic.ref, protocol="lambda", endpoint=notifier.arn
    )
    invocable(stack, notifier, "Alerts", "sns.amazonaws.com", topic.ref)
    if stage.alarm_email:
        sns.CfnSubscription(
            stack, "ByMail", topic_arn=topic.ref, protocol="email", endpoint=stage.alarm_email
        )
    return topic


def make_filters(stack: Stack, made: dict[str, Made]) -> None:
    """Lines that may be errors go to error-remediator, never its own."""
    remediator = made["error-remediator"]
    for row in WATCHED:
        group = made[row.name].logs
        allowed = invocable(
            stack, remediator, f"Lines{row.id}", "logs.amazonaws.com", group.attr_arn
        )
        lines = logs.CfnSubscriptionFilter(
            stack,
            f"{row.id}Errors",
            log_group_name=group.ref,
            filter_name="errors",
            filter_pattern=pattern(),
            destination_arn=remediator.arn,
        )
        lines.add_resource_dependency(allowed)


def _may_publish(stack: Stack, topic: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"StringEquals": {"aws:SourceAccount": stack.account}},
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def _of_function(stack: Stack, stage: Stage, made: Made, topic: sns.CfnTopic) -> None:
    name = stage.prefix + made.row.name
    of = [watch.CfnAlarm.DimensionProperty(name="FunctionName", value=name)]
    shared: dict[str, Any] = {
        "namespace": "AWS/Lambda",
        "dimensions": of,
        "evaluation_periods": 1,
        "period": PERIOD_S,
        "treat_missing_data": "notBreaching",
        "alarm_actions": [topic.ref],
    }
    watch.CfnAlarm(
        stack,
        f"{made.row.id}Fails",
        alarm_name=f"{name}-errors",
        alarm_description=f"{made.row.name} failed: look at its log",
        metric_name="Errors",
        statistic="Sum",
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        **shared,
    )
    watch.CfnAlarm(
        stack,
        f"{made.row.id}Slow",
        alarm_name=f"{name}-duration",
        alarm_description=f"{made.row.name} needs most of its {made.row.timeout} s",
        metric_name="Duration",
        statistic="Maximum",
        threshold=round(made.row.timeout * SLOW * 1000),
        comparison_operator="GreaterThanThreshold",
        **shared,
    )


def _of_dead_letters(stack: Stack, stage: Stage, queues: Queues, topic: sns.CfnTopic) -> None:
    def visible(at: str, queue: Any) -> Any:
        return watch.CfnAlarm.MetricDataQueryProperty(
            id=at,
            return_data=False,
            metric_stat=watch.CfnAlarm.MetricStatProperty(
                metric=watch.CfnAlarm.MetricProperty(
                    namespace="AWS/SQS",
                    metric_name="ApproximateNumberOfMessagesVisible",
                    dimensions=[
                        watch.CfnAlarm.DimensionProperty(
                            name="QueueName", value=queue.attr_queue_name
                        )
                    ],
                ),
                period=60,
                stat="Maximum",
            ),
        )

    watch.CfnAlarm(
        stack,
        "DeadLetters",
        alarm_name=f"{stage.prefix}dead-letters",
        alarm_description="An order, or an alarm, that nobody could deal with waits for a human",
        metrics=[
            visible("orders", queues.dead),
            visible("unsaid", queues.unsaid),
            watch.CfnAlarm.MetricDataQueryProperty(
                id="all", expression="FILL(orders, 0) + FILL(unsaid, 0)", return_data=True
            ),
        ],
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        alarm_actions=[topic.ref],
    )


def _of_silence(stack: Stack, stage: Stage, topic: sns.CfnTopic) -> None:
    watch.CfnAlarm(
        stack,
        "Heartbeat",
        alarm_name=f"{stage.prefix}heartbeat",
        alarm_description="No price has been collected for 15 minutes",
        namespace=stage.stack,
        metric_name="PricesCollected",
        dimensions=[watch.CfnAlarm.DimensionProperty(name="service", value="price-collector")],
        statistic="Sum",
        threshold=1,
        comparison_operator="LessThanThreshold",
        period=PERIOD_S,
        evaluation_periods=SILENCE_S // PERIOD_S,
        treat_missing_data="breaching",
        alarm_actions=[topic.ref],
        ok_actions=[topic.ref],
    )
