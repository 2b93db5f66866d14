"""Publishes to an SNS topic, for whoever reads mail; whatever SNS does, nobody else notices.

A message that could not be published is given up and remembered: the client has tried again by
then, and the log has everything.
"""

from typing import Any, Final

from adapters.aws_calls import aws_client, call
from adapters.notifier.plain_text import plain_text
from application.errors import ConfigurationError
from application.messages import Message

SUBJECT: Final = 100
"""Characters of a subject, all of them ASCII."""
MOST_BYTES: Final = 256 * 1024
"""Of a message, as UTF-8."""
CUT: Final = "\n(cut: it was longer than a message may be)"
NOTHING: Final = "(no text)"
EXCERPT: Final = 200
_ARN: Final = "arn:"
_READ_S: Final = 3.0


def sns_client(region: str | None = None) -> Any:
    """A client that gives up within about ten seconds, with its second try."""
    return aws_client("sns", read_s=_READ_S, attempts=2, region=region)


class SnsNotifier:
    """A topic, by its ARN. Raises ConfigurationError for what cannot be one.

    Counted: `posted`, `dropped` (never published); `last_error` is what was said last.
    """

    def __init__(self, client: Any, topic_arn: str, *, wants_routine: bool = False) -> None:
        parts = topic_arn.split(":")
        if not topic_arn.startswith(_ARN) or len(parts) != 6 or parts[2] != "sns" or not parts[5]:
            raise ConfigurationError(
                f"{topic_arn!r} is no topic: give an ARN such as "
                "arn:aws:sns:ap-northeast-1:123456789012:eth-trading-alerts"
            )
        if topic_arn.endswith(".fifo"):
            raise ConfigurationError(f"{topic_arn} is a FIFO topic: mail needs a standard one")
        self.wants_routine = wants_routine
        self.posted = self.dropped = 0
        self.last_error: str | None = None
        self._client = client
        self._arn = topic_arn

    async def tell(self, message: Message) -> None:
        """Publish it, or give it up."""
        try:
            text = plain_text(message)
            call(
                "the topic",
                self._client.publish,
                TopicArn=self._arn,
                Subject=subject_of(text),
                Message=body_of(text),
            )
        except Exception as error:  # noqa: BLE001 - words must never fail a trade
            self.dropped += 1
            self.last_error = " ".join(f"{type(error).__name__}: {error}".split())[:EXCERPT]
        else:
            self.posted += 1


def subject_of(text: str) -> str:
    """The text as one line of at most SUBJECT printable ASCII characters that SNS takes."""
    plain = "".join(one if " " <= one <= "~" else "?" for one in " ".join(text.split()))
    # a subject must not begin with a space, and one of nothing but question marks says nothing
    if not plain.strip("? "):
        return "crypto-trader"
    return plain if len(plain) <= SUBJECT else plain[: SUBJECT - 3].rstrip() + "..."


def body_of(text: str) -> str:
    """The text itself; one that is too long ends with CUT, at most MOST_BYTES in all."""
    content = (text if text.strip() else NOTHING).encode(errors="replace")
    if len(content) <= MOST_BYTES:
        return content.decode()
    return content[: MOST_BYTES - len(CUT.encode())].decode(errors="ignore") + CUT
