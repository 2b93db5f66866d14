"""The fake refuses what Slack refuses."""

import asyncio
import json

import httpx
import pytest

from adapters.notifier.slack_fake import PATH, FakeSlack


def post(fake: FakeSlack, body: bytes, path: str = PATH) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(fake.app)) as client:
            return await client.post(f"http://slack{path}", content=body)

    return asyncio.run(ask())


def mrkdwn(count: int) -> dict:
    return {"type": "mrkdwn", "text": "x" * count}


def section(count: int) -> dict:
    return {"type": "section", "text": mrkdwn(count)}


def header(count: int, kind: str = "plain_text") -> dict:
    return {"type": "header", "text": {"type": kind, "text": "x" * count}}


SHOWN = [
    [section(3_000)],
    [{"type": "divider"}] * 50,
    [header(150)],
    [{"type": "section", "fields": [mrkdwn(2_000)] * 6}],
    [{"type": "section", "fields": [mrkdwn(10)] * 10}],
    [{"type": "context", "elements": [mrkdwn(10)] * 10}],
    [{"type": "section", "text": {"type": "mrkdwn", "text": "😀" * 1_500}}],
    [{"type": "divider", "block_id": "b" * 255}],
]
REFUSED = [
    ("invalid_blocks", [section(3_001)]),
    ("invalid_blocks", [section(0)]),
    ("invalid_blocks", [{"type": "divider"}] * 51),
    ("invalid_blocks", [header(151)]),
    ("invalid_blocks", [header(10, "mrkdwn")]),
    ("invalid_blocks", [{"type": "section", "fields": [mrkdwn(2_001)]}]),
    ("invalid_blocks", [{"type": "section", "fields": [mrkdwn(1)] * 11}]),
    ("invalid_blocks", [{"type": "section", "fields": []}]),
    ("invalid_blocks", [{"type": "section"}]),
    ("invalid_blocks", [{"type": "context", "elements": [mrkdwn(1)] * 11}]),
    ("invalid_blocks", [{"type": "context", "elements": []}]),
    ("invalid_blocks", [{"type": "section", "text": {"type": "mrkdwn", "text": "😀" * 1_501}}]),
    ("invalid_blocks", [{"type": "divider", "text": "x"}]),
    ("invalid_blocks", [{"type": "unheard_of"}]),
    ("invalid_blocks", ["text"]),
    ("invalid_blocks", [{"type": "divider", "block_id": "b" * 256}]),
    ("invalid_blocks", [{"type": "divider", "block_id": "b"}] * 2),
    ("invalid_blocks_format", {"type": "divider"}),
    ("msg_blocks_too_long", [section(2_700)] * 5),
]


@pytest.mark.parametrize("blocks", SHOWN)
def test_at_the_limit_it_is_shown(blocks):
    fake = FakeSlack()
    reply = post(fake, json.dumps({"text": "t", "blocks": blocks}).encode())
    assert (reply.status_code, reply.text) == (200, "ok")
    assert fake.shown[0]["blocks"] == blocks


@pytest.mark.parametrize(("text", "blocks"), REFUSED)
def test_over_a_limit_nothing_is_shown(text, blocks):
    fake = FakeSlack()
    reply = post(fake, json.dumps({"text": "t", "blocks": blocks}).encode())
    assert (reply.status_code, reply.text, fake.shown) == (400, text, [])


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"{", "invalid_payload"), (b"[]", "invalid_payload"), (b"\xff", "invalid_payload"),
     (b"{}", "no_text"), (b'{"text": ""}', "no_text"), (b'{"text": 5}', "no_text")],
)  # fmt: skip
def test_what_is_no_message_is_refused(body, text):
    reply = post(FakeSlack(), body)
    assert (reply.status_code, reply.text) == (400, text)


def test_another_address_is_unknown():
    reply = post(FakeSlack(), b'{"text": "t"}', "/services/T/B/other")
    assert (reply.status_code, reply.text) == (404, "no_service")


def test_posts_too_close_together_are_throttled():
    moments = iter([0, 999, 1_000])
    fake = FakeSlack(lambda: next(moments))
    replies = [post(fake, b'{"text": "t"}') for _ in range(3)]
    assert [one.status_code for one in replies] == [200, 429, 200]
    assert replies[1].headers["Retry-After"] == "1"
