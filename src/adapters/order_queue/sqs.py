"""The order queue on SQS FIFO: one group an account, so one order at a time and in order."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.aws_calls import call
from application.ports.clock import Clock
from application.ports.order_queue import VISIBILITY_S, Message
from domain.instant import SECOND

GROUP: Final = "coincheck"
_WHAT: Final = "the order queue"


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
        # the second keeps one sending from being two, and lets a later one through
        once = f"{order[:100]}-{self._clock.now() // SECOND}"
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
        """Delete it; too late it changes nothing."""
        call(
            _WHAT, self._client.delete_message, QueueUrl=self._url, ReceiptHandle=message.receipt
        )

    async def dead(self) -> Sequence[str]:
        """Orders among the dead letters, each once; they stay where they are."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        while self._dead_url:
            answer = call(
                "the dead letters",
                self._client.receive_message,
                QueueUrl=self._dead_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
            )
            new = [one for one in answer.get("Messages", ()) if one["MessageId"] not in seen]
            if not new:
                break
            seen |= {one["MessageId"] for one in new}
            found |= dict.fromkeys(one["Body"] for one in new)
        return tuple(found)
