"""What is posted, what waits, what is given up, and that nobody else notices."""

import asyncio
import logging

import httpx
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.notifier.slack.webhook import SlackNotifier, slack_client
from adapters.notifier.slack_fake import PATH, FakeSlack
from application.errors import ConfigurationError
from application.messages import Plain

NOW = 1_735_700_400_000
URL = f"https://hooks.slack.com{PATH}"


class Wire(httpx.AsyncBaseTransport):
    """The way to the fake; `before` and `after` hold errors for the next requests."""

    def __init__(self, fake: FakeSlack) -> None:
        self._inner = httpx.ASGITransport(fake.app)
        self.before: list[Exception] = []
        self.after: list[Exception] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.before:
            raise self.before.pop(0)
        reply = await self._inner.handle_async_request(request)
        if self.after:
            raise self.after.pop(0)
        return reply


class Slack:
    """A notifier, its fake and its wire."""

    def __init__(self, **given) -> None:
        self.clock = SimulatedClock(NOW)
        self.fake = FakeSlack(self.clock.now)
        self.wire = Wire(self.fake)
        self.notifier = SlackNotifier(
            URL, client=slack_client(self.wire), clock=self.clock, **given
        )

    def tell(self, *texts: str) -> None:
        for text in texts:
            asyncio.run(self.notifier.tell(Plain(text)))

    @property
    def shown(self) -> list[str]:
        return [one["text"] for one in self.fake.shown]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        it = self.notifier
        return it.posted, it.waiting, it.dropped, it.failures


def test_messages_are_shown_a_second_apart():
    slack = Slack()
    slack.tell("1", "2", "3")
    assert slack.shown == ["1", "2", "3"]
    assert slack.counts == (3, 0, 0, 0)
    assert slack.clock.now() == NOW + 2_000


@pytest.mark.parametrize(
    ("status", "text"),
    [(400, "invalid_blocks"), (403, "invalid_token"), (404, "no_service"),
     (410, "channel_is_archived"), (302, ""), (200, "<html>")],
)  # fmt: skip
def test_what_slack_refuses_is_never_posted_again(status, text):
    slack = Slack()
    slack.fake.reply(status, text)
    slack.tell("1", "2")
    assert (slack.shown, slack.fake.asked) == (["2"], 2)
    assert slack.counts == (1, 0, 1, 1)
    assert slack.notifier.last_error == f"HTTP {status}: {text}".strip()


def test_slack_is_given_the_time_it_asks_for():
    slack = Slack()
    slack.fake.reply(429, "rate_limited", Retry_After="3")
    slack.tell("1")
    assert slack.shown == ["1"]
    assert slack.clock.now() == NOW + 3_000


@pytest.mark.parametrize(
    ("asked", "pause_s"), [("90", 90), ("soon", 30), ("-1", 30), ("nan", 30), ("1e9", 3_600)]
)
def test_a_long_pause_does_not_hold_up_who_tells(asked, pause_s):
    slack = Slack()
    slack.fake.reply(429, "", Retry_After=asked)
    slack.tell("1")
    assert (slack.shown, slack.clock.now()) == ([], NOW)
    slack.clock.move_to(NOW + pause_s * 1_000 - 6_000)
    slack.tell("2")
    assert slack.fake.asked == 1
    slack.clock.move_to(NOW + pause_s * 1_000)
    slack.tell("3")
    assert slack.shown == ["1", "2", "3"]


def test_an_error_of_slack_is_tried_once_more_and_then_waits():
    slack = Slack()
    slack.fake.reply(500, "rollup_error")
    slack.tell("1")
    assert (slack.shown, slack.fake.asked) == (["1"], 2)
    for _ in range(2):
        slack.fake.reply(503, "")
    slack.tell("2")
    assert (slack.shown, slack.fake.asked, slack.notifier.waiting) == (["1"], 4, 1)
    slack.clock.move_to(slack.clock.now() + 60_000)
    slack.tell("3")
    assert slack.shown == ["1", "2", "3"]


def test_a_message_that_always_fails_does_not_wait_for_ever():
    slack = Slack()
    for _ in range(10):
        slack.fake.reply(500, "rollup_error")
    slack.tell("poison")
    for _ in range(5):
        slack.clock.move_to(slack.clock.now() + 60_000)
        asyncio.run(slack.notifier.flush())
    assert (slack.shown, slack.notifier.waiting, slack.notifier.dropped) == ([], 0, 1)
    slack.tell("good")
    slack.clock.move_to(slack.clock.now() + 60_000)
    asyncio.run(slack.notifier.flush())
    assert slack.shown == ["good"]


def test_what_never_left_waits_and_is_shown_in_order():
    slack = Slack()
    slack.wire.before = [httpx.ConnectError("no route"), httpx.ConnectTimeout("slow")]
    slack.tell("1", "2")
    assert slack.counts == (0, 2, 0, 1)
    for _ in range(2):
        slack.clock.move_to(slack.clock.now() + 60_000)
        asyncio.run(slack.notifier.flush())
    assert slack.shown == ["1", "2"]


@pytest.mark.parametrize(
    "lost", [httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x"),
             httpx.WriteError("x"), ConnectionResetError("x")],
)  # fmt: skip
def test_what_may_have_been_shown_is_not_posted_again(lost):
    slack = Slack()
    slack.wire.after = [lost]
    slack.tell("1", "2")
    slack.clock.move_to(NOW + 60_000)
    asyncio.run(slack.notifier.flush())
    assert slack.shown == ["1", "2"]
    assert slack.counts == (1, 0, 1, 1)


def test_the_oldest_go_when_too_many_wait():
    slack = Slack(kept=3)
    slack.wire.before = [httpx.ConnectError("down")]
    slack.tell("1", "2", "3", "4", "5")
    assert slack.counts == (0, 3, 2, 1)
    slack.clock.move_to(NOW + 60_000)
    asyncio.run(slack.notifier.flush())
    assert slack.shown == ["3", "4", "5"]


def test_many_that_waited_do_not_hold_up_who_tells_for_long():
    slack = Slack()
    slack.fake.reply(429, "", Retry_After="60")
    slack.tell(*map(str, range(19)))
    slack.clock.move_to(NOW + 60_000)
    slack.tell("19")
    assert slack.clock.now() <= NOW + 66_000
    assert slack.notifier.waiting == 20 - len(slack.shown) > 0
    asyncio.run(slack.notifier.flush())
    assert slack.shown == [str(one) for one in range(20)]


def test_the_address_stands_in_no_error_and_no_log(caplog):
    caplog.set_level(logging.INFO)
    slack = Slack()
    slack.fake.reply(404, f"no_service at {URL} {PATH}")
    slack.tell("1")
    slack.wire.before = [RuntimeError(f"closed: {URL}")]
    slack.tell("2")
    assert slack.notifier.last_error == "RuntimeError: closed: ***"
    told = [slack.notifier.last_error, repr(slack.notifier), caplog.text]
    assert [one for one in told if "fakefake" in one] == []


def test_what_cannot_be_laid_out_fails_nobody():
    slack = Slack()
    asyncio.run(slack.notifier.tell(object()))  # type: ignore[arg-type]
    assert (slack.fake.asked, slack.notifier.failures) == (0, 0)
    asyncio.run(slack.notifier.tell(Plain(7)))  # type: ignore[arg-type]
    assert (slack.fake.asked, slack.notifier.failures) == (0, 1)


@pytest.mark.parametrize(
    "url", ["", "hooks.slack.com/services/x", "http://hooks.slack.com/services/x",
            "https://hooks.slack.com/", "https://[::1", "ftp://127.0.0.1/x", "https://a\x00/secret"],
)  # fmt: skip
def test_an_address_that_cannot_be_right_is_refused_unsaid(url):
    with pytest.raises(ConfigurationError, match="copy it from Slack") as refused:
        SlackNotifier(url, client=slack_client(), clock=SimulatedClock(NOW))
    assert "secret" not in str(refused.value)


def test_an_unknown_language_is_refused():
    with pytest.raises(ConfigurationError, match="choose from ja, en"):
        SlackNotifier(URL, client=slack_client(), clock=SimulatedClock(NOW), language="fr")  # type: ignore[arg-type]
