"""Every notifier takes every message, in order, and fails nobody."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

from adapters.clock.simulated import SimulatedClock
from adapters.loopback.server import serving
from adapters.notifier.console import ConsoleNotifier
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.notifier.slack.examples import EXAMPLES
from adapters.notifier.slack.webhook import SlackNotifier, slack_client
from adapters.notifier.slack_fake import PATH, FakeSlack
from application.messages import Message, Plain
from application.ports.notifier import Notifier
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


CHANNELS = {"in_memory": in_memory, "console": console, "slack_over_http": slack_over_http}


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
