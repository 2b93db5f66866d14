"""A Slack webhook of our own: it enforces the limits of Block Kit and remembers what it shows."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

PATH: Final = "/services/T00000000/B00000000/fakefakefakefakefakefake"
MOST_TEXT: Final = 40_000
MOST_BLOCKS: Final = 50
MOST_TOTAL: Final = 13_200
SPACING_MS: Final = 1_000
KEYS: Final[dict[str, frozenset[str]]] = {
    "divider": frozenset({"type", "block_id"}),
    "header": frozenset({"type", "block_id", "text"}),
    "section": frozenset({"type", "block_id", "text", "fields", "expand"}),
    "context": frozenset({"type", "block_id", "elements"}),
}


class _RefusedError(Exception):
    """The whole message is rejected; the text is Slack's."""


class FakeSlack:
    """Remembers posts in `shown`. `script` holds the next replies: (status, text, headers).

    With a clock (ms) posts closer than a second together are throttled.
    """

    def __init__(self, clock: Callable[[], int] | None = None) -> None:
        self.shown: list[dict[str, Any]] = []
        self.asked = 0
        self.refused: list[str] = []
        self.script: deque[tuple[int, str, dict[str, str]]] = deque()
        self._clock = clock
        self._newest: int | None = None
        self.app = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])]
        )

    def reply(self, status: int, text: str = "", **headers: str) -> None:
        """The next request is answered like this, and shows nothing unless it is 200."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script.append((status, text, named))

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        self.asked += 1
        if self.script:
            status, text, headers = self.script.popleft()
            return PlainTextResponse(text, status, headers)
        if request.url.path != PATH:
            return PlainTextResponse("no_service", 404)
        if request.method != "POST":
            return PlainTextResponse("http_method_not_allowed", 405)
        if self._is_too_soon():
            return PlainTextResponse("rate_limited", 429, {"Retry-After": "1"})
        try:
            self.shown.append(judged(body))
        except _RefusedError as refused:
            self.refused.append(str(refused))
            return PlainTextResponse(str(refused).partition(":")[0], 400)
        return PlainTextResponse("ok")

    def _is_too_soon(self) -> bool:
        if self._clock is None:
            return False
        now, before = self._clock(), self._newest
        if before is not None and now - before < SPACING_MS:
            return True
        self._newest = now
        return False


def judged(body: bytes) -> dict[str, Any]:
    """The message, when Slack would show it."""
    try:
        message = json.loads(body.decode("utf-8"))
    except ValueError:
        raise _RefusedError("invalid_payload") from None
    if not isinstance(message, dict):
        raise _RefusedError("invalid_payload")
    blocks = message.get("blocks", [])
    text = message.get("text", "")
    if not isinstance(text, str) or (not text and not blocks):
        raise _RefusedError("no_text")
    if _length(text) > MOST_TEXT:
        raise _RefusedError("msg_too_long")
    if not isinstance(blocks, list):
        raise _RefusedError("invalid_blocks_format")
    if len(blocks) > MOST_BLOCKS:
        raise _RefusedError("invalid_blocks: more than 50")
    for block in blocks:
        _judge(block)
    if _length(json.dumps(blocks, ensure_ascii=False)) > MOST_TOTAL:
        raise _RefusedError("msg_blocks_too_long")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    _require(len(ids) == len(set(ids)), "one block_id twice")
    return message


def _judge(block: Any) -> None:
    _require(isinstance(block, dict), "no object")
    kind = block.get("type")
    _require(kind in KEYS, f"unknown type {kind!r}")
    _require(block.keys() <= KEYS[kind], f"unknown field of {kind}")
    named = block.get("block_id", "-")
    _require(isinstance(named, str) and 0 < len(named) <= 255, "block_id")
    if kind == "header":
        _judge_text(block.get("text"), 150, ("plain_text",))
    elif kind == "context":
        elements = block.get("elements")
        _require(isinstance(elements, list) and 1 <= len(elements) <= 10, "elements of context")
        for one in elements:
            _judge_text(one, 3_000)
    elif kind == "section":
        _require("text" in block or "fields" in block, "a section of nothing")
        if "text" in block:
            _judge_text(block["text"], 3_000)
        if "fields" in block:
            facts = block["fields"]
            _require(isinstance(facts, list) and 1 <= len(facts) <= 10, "fields of section")
            for one in facts:
                _judge_text(one, 2_000)


def _judge_text(value: Any, most: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> None:
    _require(isinstance(value, dict) and value.get("type") in kinds, "text object")
    allowed = {"type", "text", "verbatim" if value["type"] == "mrkdwn" else "emoji"}
    _require(value.keys() <= allowed, "unknown field of text")
    text = value.get("text")
    _require(isinstance(text, str) and 0 < _length(text) <= most, f"text of 1 to {most}")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise _RefusedError(f"invalid_blocks: {what}")


def _length(text: str) -> int:
    """UTF-16 units, the stricter way to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
