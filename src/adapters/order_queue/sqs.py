"""The order queue on SQS FIFO: one group an account, so one order at a time and in order."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, call, code_of
from application.ports.clock import Clock
from application.ports.order_queue import VISIBILITY_S, Message

GROUP: Final = "coincheck"
_WHAT: Final = "the order queue"
_MOST_AT_ONCE: Final = 10


class SqsOrderQueue:
    """Messages of one queue; `dead_url` is where its dead letters go.

    An id that waits already may be sent a second time: SQS does not know what waits, and a
    message that is worked on twice changes nothing.
    """

    def __init__(
        self, client: Any, url: str, clock: Clock, *, dead_url: str = "", wait_s: int = 0
    ) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._dead_url = dead_url
        self._wait_s = wait_s

    async def send(self, order: str) -> None:
        """Put an order's id at the end. Raises Retryable or Refused."""
        # what the client repeats after a lost answer is one message, what is sent later another
        once = f"{sha256(order.encode()).hexdigest()[:32]}-{self._clock.now()}"
        call(
            _WHAT,
            self._client.send_message,
            QueueUrl=self._url,
            MessageBody=order,
            MessageGroupId=GROUP,
            MessageDeduplicationId=once,
        )

    async def receive(self) -> Message | None:
        """The oldest message, or None."""
        answer = call(
            _WHAT,
            self._client.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            VisibilityTimeout=round(VISIBILITY_S),
            WaitTimeSeconds=self._wait_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for one in answer.get("Messages", ()):
            receives = int(one.get("Attributes", {}).get("ApproximateReceiveCount", 1))
            return Message(one["Body"], one["ReceiptHandle"], receives)
        return None

    async def done(self, message: Message) -> None:
        """Delete it; too late it changes nothing. Raises Retryable or Refused."""
        try:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)
        except (ClientError, BotoCoreError) as error:
            if not _is_too_late(error):
                raise as_ours(_WHAT, error) from error

    async def dead(self) -> Sequence[str]:
        """The first ten dead letters, each order once; they stay where they are.

        SQS shows no more of one group before the first are taken away.
        """
        if not self._dead_url:
            return ()
        answer = call(
            "the dead letters",
            self._client.receive_message,
            QueueUrl=self._dead_url,
            MaxNumberOfMessages=_MOST_AT_ONCE,
            VisibilityTimeout=0,
            WaitTimeSeconds=self._wait_s,
        )
        return tuple(dict.fromkeys(one["Body"] for one in answer.get("Messages", ())))


def _is_too_late(error: Exception) -> bool:
    """Whether a receipt no longer holds: a FIFO queue refuses it, and says so in two ways."""
    code = code_of(error)
    return code == "ReceiptHandleIsInvalid" or (
        code == "InvalidParameterValue" and "receipt handle has expired" in str(error)
    )
