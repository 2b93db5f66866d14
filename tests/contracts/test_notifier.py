"""Every notifier takes every message, in order, and fails nobody."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from adapters.clock.simulated import SimulatedClock
from adapters.loopback.server import serving
from adapters.notifier.console import ConsoleNotifier
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.notifier.slack.examples import EXAMPLES
from adapters.notifier.slack.webhook import SlackNotifier, slack_client
from adapters.notifier.slack_fake import PATH, FakeSlack
from adapters.notifier.sns import CUT, MOST_BYTES, SUBJECT, SnsNotifier, body_of, subject_of
from application.errors import ConfigurationError
from application.messages import Message, Plain
from application.ports.notifier import Notifier
from tests.given.aws_tables import REGION
from tests.given.events import values_of

NOW = 1_735_700_400_000


@attrs.frozen
class Channel:
    """A notifier and what a human has read of it."""

    tell: Callable[[Message], None]
    read: Callable[[], list[str]]
    notifier: Notifier


@contextmanager
def in_memory(capsys, **given) -> Iterator[Channel]:
    notifier = InMemoryNotifier(**given)
    yield Channel(lambda one: asyncio.run(notifier.tell(one)), lambda: notifier.said, notifier)


@contextmanager
def console(capsys, **given) -> Iterator[Channel]:
    notifier = ConsoleNotifier(**given)

    def read() -> list[str]:
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err.splitlines()

    yield Channel(lambda one: asyncio.run(notifier.tell(one)), read, notifier)


@contextmanager
def slack_over_http(capsys, **given) -> Iterator[Channel]:
    fake, clock = FakeSlack(), SimulatedClock(NOW)
    with serving(fake.app) as url, asyncio.Runner() as loop:
        client = slack_client()
        notifier = SlackNotifier(f"{url}{PATH}", client=client, clock=clock, **given)
        yield Channel(
            lambda one: loop.run(notifier.tell(one)),
            lambda: [one["text"] for one in fake.shown],
            notifier,
        )
        assert (fake.refused, notifier.failures, notifier.dropped) == ([], 0, 0)
        loop.run(client.aclose())


@contextmanager
def sns_in_moto(capsys, **given) -> Iterator[Channel]:
    with mock_aws():
        client = sns_client()
        arn = client.create_topic(Name="eth-trading-alerts")["TopicArn"]
        notifier = SnsNotifier(client, arn, **given)
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[arn]
        yield Channel(
            lambda one: asyncio.run(notifier.tell(one)),
            lambda: [text for _, text, *_ in topic.sent_notifications],
            notifier,
        )
        assert (notifier.dropped, notifier.last_error) == (0, None)
        client.close()


def sns_client() -> Any:
    return boto3.client(
        "sns",
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no secret
    )


CHANNELS = {
    "in_memory": in_memory,
    "console": console,
    "slack_over_http": slack_over_http,
    "sns": sns_in_moto,
}


@pytest.fixture(params=CHANNELS)
def opened(request, capsys):
    """Opens a channel of each kind."""
    return lambda **given: CHANNELS[request.param](capsys, **given)


def test_what_is_told_is_read_in_order(opened):
    with opened() as channel:
        for text in ("one", "two", "three"):
            channel.tell(Plain(text))
        assert channel.read() == ["one", "two", "three"]


def test_every_example_is_read_once(opened):
    with opened() as channel:
        for message in EXAMPLES.values():
            channel.tell(message)
        assert len(channel.read()) == len(EXAMPLES)


@pytest.mark.parametrize("wanted", [True, False])
def test_routine_is_wanted_or_not(opened, wanted):
    with opened(wants_routine=wanted) as channel:
        assert channel.notifier.wants_routine is wanted


def test_any_message_can_be_told(opened):
    with opened() as channel:

        @settings(
            deadline=None,
            max_examples=20,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        )
        @given(message=values_of(Message))
        def told(message: Message) -> None:
            channel.tell(message)

        told()


ARN = f"arn:aws:sns:{REGION}:123456789012:eth-trading-alerts"


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "NotFound", "Message": "no topic"}}, "Publish"),
        ClientError({"Error": {"Code": "Throttling", "Message": "slowly"}}, "Publish"),
        EndpointConnectionError(endpoint_url="https://sns"),
        RuntimeError("nobody thought of this"),
    ],
)
def test_a_topic_that_fails_fails_nobody_and_is_remembered(failure):
    def fails(**_):
        raise failure

    notifier = SnsNotifier(SimpleNamespace(publish=fails), ARN)
    for _ in range(2):
        asyncio.run(notifier.tell(Plain("hello")))
    assert (notifier.posted, notifier.dropped) == (0, 2)
    assert str(failure)[:30] in notifier.last_error
    assert "\n" not in notifier.last_error


def test_what_is_published_has_the_text_and_its_beginning_as_subject():
    sent = []
    notifier = SnsNotifier(SimpleNamespace(publish=lambda **given: sent.append(given)), ARN)
    asyncio.run(notifier.tell(Plain("stop of eth_usdt raised")))
    assert sent == [
        {
            "TopicArn": ARN,
            "Subject": "stop of eth_usdt raised",
            "Message": "stop of eth_usdt raised",
        }
    ]
    assert notifier.posted == 1


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("a", "a"),
        ("  two\n lines\t", "two lines"),
        ("円安 5 %", "?? 5 %"),
        ("円", "crypto-trader"),
        ("", "crypto-trader"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 97 + "..."),
        ("x" * 96 + " " + "y" * 9, "x" * 96 + "..."),
    ],
)
def test_a_subject_is_the_beginning_in_ascii(text, subject):
    assert subject_of(text) == subject


any_text = st.text(st.characters(), max_size=300)


@given(any_text)
def test_any_text_has_a_subject_that_sns_takes(text):
    subject = subject_of(text)
    assert 0 < len(subject) <= SUBJECT
    assert subject.isascii()
    assert subject.isprintable()
    assert subject[0] != " "


@given(any_text, st.sampled_from(["", "x", "é", "円", "🙂"]), st.integers(-3, 3))
@settings(deadline=None, max_examples=60)
def test_a_body_is_the_text_or_its_beginning_and_a_note(text, filler, off):
    times = (MOST_BYTES - len(text.encode(errors="replace"))) // len(filler.encode() or b"x") + off
    long = text + filler * times
    body = body_of(long)
    size = len(body.encode())
    assert 0 < size <= MOST_BYTES
    known = long.encode(errors="replace").decode()
    if len(known.encode()) <= MOST_BYTES:
        assert body == known or not long.strip()
    else:
        assert body.endswith(CUT)
        assert known.startswith(body.removesuffix(CUT))
        assert size > MOST_BYTES - 4, "no more is cut than has to be"


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "eth-trading-alerts",
        "arn:aws:sqs:ap-northeast-1:123456789012:orders",
        "arn:aws:sns:ap-northeast-1:123456789012:",
        f"{ARN}:2b1c",
        f"{ARN}.fifo",
    ],
)
def test_what_is_no_topic_for_mail_is_said_at_once(arn):
    with pytest.raises(ConfigurationError, match="topic"):
        SnsNotifier(SimpleNamespace(), arn)
