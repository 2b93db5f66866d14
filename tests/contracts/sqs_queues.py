"""The order queue and its dead letters as the stack makes them, on whatever answers as SQS does."""

import json
from contextlib import ExitStack
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters.clock.simulated import SimulatedClock
from adapters.order_queue.sqs import SqsOrderQueue
from tests.given.aws_tables import REGION

DAY_S = 86_400
EXPIRED = "Value {} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."


def sqs_client(url: str | None = None, service: str = "sqs") -> Any:
    """A client with keys of no use."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no secret
    )


def make_queues(client: Any, prefix: str) -> tuple[str, str]:
    """URLs of the orders and of their dead letters, with the attributes of infra/order_queue.py."""
    dead = client.create_queue(
        QueueName=f"{prefix}order-dlq.fifo",
        Attributes={
            "FifoQueue": "true",
            "MessageRetentionPeriod": str(14 * DAY_S),
            "SqsManagedSseEnabled": "true",
        },
    )["QueueUrl"]
    told = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    orders = client.create_queue(
        QueueName=f"{prefix}order-queue.fifo",
        Attributes={
            "FifoQueue": "true",
            "ContentBasedDeduplication": "false",
            "VisibilityTimeout": "180",
            "MessageRetentionPeriod": str(DAY_S),
            "ReceiveMessageWaitTimeSeconds": "10",
            "RedrivePolicy": json.dumps(
                {"deadLetterTargetArn": told["QueueArn"], "maxReceiveCount": 3}
            ),
            "SqsManagedSseEnabled": "true",
        },
    )["QueueUrl"]
    return orders, dead


class RunOut:
    """SQS on the test's clock: whose visibility time-out has passed there is shown again at once.

    A receipt holds as long, and deleting with one that does not is refused as by a FIFO queue of
    AWS; emulators delete with any receipt that they ever gave.
    """

    def __init__(self, client: Any, clock: SimulatedClock) -> None:
        self._client = client
        self._clock = clock
        self._until: dict[str, int] = {}
        self._urls: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def receive_message(self, **given: Any) -> Any:
        """Remember how long each receipt holds; what is only looked at is shown again."""
        answer = self._client.receive_message(**given)
        if not given["VisibilityTimeout"]:
            # moto keeps a whole group back until each of it has been asked for once more
            for one in answer.get("Messages", ()):
                self._client.change_message_visibility(
                    QueueUrl=given["QueueUrl"],
                    ReceiptHandle=one["ReceiptHandle"],
                    VisibilityTimeout=0,
                )
            return answer
        for one in answer.get("Messages", ()):
            self._until[one["ReceiptHandle"]] = (
                self._clock.now() + given["VisibilityTimeout"] * 1000
            )
            self._urls[one["ReceiptHandle"]] = given["QueueUrl"]
        return answer

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> Any:  # noqa: N803 - as AWS
        """Refuse a receipt whose time has run out."""
        if self._until.get(ReceiptHandle, 0) <= self._clock.now():
            told = {"Code": "InvalidParameterValue", "Message": EXPIRED.format(ReceiptHandle)}
            raise ClientError(
                {"Error": told, "ResponseMetadata": {"HTTPStatusCode": 400}}, "DeleteMessage"
            )
        self._urls.pop(ReceiptHandle, None)
        return self._client.delete_message(QueueUrl=QueueUrl, ReceiptHandle=ReceiptHandle)

    def time_has_passed(self) -> None:
        """Show what is in flight and past its time."""
        for receipt, url in list(self._urls.items()):
            if self._until[receipt] <= self._clock.now():
                del self._urls[receipt]
                self._client.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0
                )


class Hurried(SimulatedClock):
    """A clock that tells SQS when it moves on."""

    def __init__(self, start: int, client: Any) -> None:
        super().__init__(start)
        self.sqs = RunOut(client, self)

    def move_to(self, moment: int) -> None:
        """Go on to a moment (ms), and so does SQS."""
        super().move_to(moment)
        self.sqs.time_has_passed()


def sqs_at(client: Any, prefix: str, start: int) -> tuple[SqsOrderQueue, Hurried]:
    """Fresh, empty queues of a prefix."""
    orders, dead = make_queues(client, prefix)
    clock = Hurried(start, client)
    return SqsOrderQueue(clock.sqs, orders, clock, dead_url=dead), clock


def sqs_in_moto(start: int) -> tuple[SqsOrderQueue, Hurried, Any]:
    """Queues of their own in moto, and what lets go of them."""
    stack = ExitStack()
    stack.enter_context(mock_aws())
    client = sqs_client()
    stack.callback(client.close)
    queue, clock = sqs_at(client, "eth-trading-", start)
    return queue, clock, stack.close
