"""Orders on their way, one account a group, and what nobody could execute."""

from typing import Final

import attrs
from aws_cdk import Stack
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sqs as sqs

from infra.functions import Made
from infra.stage import Stage

VISIBILITY_S: Final = 180
RECEIVES: Final = 3
DAY_S: Final = 86_400


@attrs.frozen(slots=True, weakref_slot=False)
class Queues:
    """The orders, their dead letters, and alarms that slack-notifier could not say."""

    orders: sqs.CfnQueue
    dead: sqs.CfnQueue
    unsaid: sqs.CfnQueue


def make_queues(stack: Stack, stage: Stage) -> Queues:
    """FIFO: one order at a time and in order, which a plain queue cannot."""
    dead = sqs.CfnQueue(
        stack,
        "OrderDeadLetters",
        queue_name=f"{stage.prefix}order-dlq.fifo",
        fifo_queue=True,
        message_retention_period=14 * DAY_S,
        sqs_managed_sse_enabled=True,
    )
    orders = sqs.CfnQueue(
        stack,
        "OrderQueue",
        queue_name=f"{stage.prefix}order-queue.fifo",
        fifo_queue=True,
        content_based_deduplication=False,
        visibility_timeout=VISIBILITY_S,
        message_retention_period=DAY_S,
        receive_message_wait_time_seconds=10,
        redrive_policy={"deadLetterTargetArn": dead.attr_arn, "maxReceiveCount": RECEIVES},
        sqs_managed_sse_enabled=True,
    )
    unsaid = sqs.CfnQueue(
        stack,
        "NotifierDeadLetters",
        queue_name=f"{stage.prefix}notifier-dlq",
        message_retention_period=14 * DAY_S,
        sqs_managed_sse_enabled=True,
    )
    for name, queue in (("Orders", orders), ("Dead", dead), ("Unsaid", unsaid)):
        sqs.CfnQueuePolicy(
            stack,
            f"{name}Policy",
            queues=[queue.ref],
            policy_document=_encrypted_only(queue.attr_arn),
        )
    return Queues(orders, dead, unsaid)


def _encrypted_only(arn: str) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def feed(stack: Stack, queues: Queues, executor: Made) -> functions.CfnEventSourceMapping:
    """Orders to order-executor, one at a time; what fails is named, and comes again."""
    return functions.CfnEventSourceMapping(
        stack,
        "Orders",
        function_name=executor.function.ref,
        event_source_arn=queues.orders.attr_arn,
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
    )
