"""Block Kit within its limits. Breaking one limit rejects the whole message, so all is clamped.

Lengths are counted in UTF-16 units, the larger of the two ways to count an emoji.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

Block = dict[str, Any]
Payload = dict[str, Any]

MOST_BLOCKS: Final = 50
SECTION: Final = 3_000
FIELDS, FIELD = 10, 500
"""Slack allows 2,000 a field; ten of those would not fit into one message."""
HEADER: Final = 150
CONTEXT, CONTEXT_TEXT = 10, 500
FALLBACK: Final = 2_000
TOTAL: Final = 12_000
"""JSON of all blocks of a message; Slack refuses somewhat over 13,000."""
MOST_PARTS: Final = 4
"""A message that needs more posts than this is cut."""
MOST_READ: Final = 10_000
"""Of a text of others, letters; it is cut to far fewer."""
ELLIPSIS: Final = "…"
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'"}
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)
_CUT_ENTITY: Final = re.compile(r"&[a-z]{0,4}$")


def length(text: str) -> int:
    """UTF-16 units."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def total(blocks: Sequence[Block]) -> int:
    """What the blocks of a message come to as JSON, in UTF-16 units."""
    return length(json.dumps(blocks, ensure_ascii=False))


def outside(text: str, most: int = 200, *, lines: bool = False) -> str:
    """Text of others: it pings nobody, links nowhere, hides nothing and is not long.

    It is one line unless it may have several.
    """
    printable = _UNPRINTABLE.sub("", text[:MOST_READ])
    if not lines:
        printable = " ".join(printable.split())
    return clamped("".join(_ESCAPES.get(letter, letter) for letter in printable), most)


def clamped(text: str, most: int) -> str:
    """At most so many units; no escape is cut in two."""
    if length(text) <= most:
        return text
    text = text[: most - 1]
    while length(text) > most - 1:
        text = text[: len(text) - max(1, (length(text) - most + 1) // 2)]
    return _CUT_ENTITY.sub("", text) + ELLIPSIS


def _or_dash(text: str) -> str:
    return text if text.strip() else "\u2013"  # Slack refuses an empty text


def _words(text: str, most: int) -> Block:
    return {"type": "mrkdwn", "text": clamped(_or_dash(text), most), "verbatim": True}


def header(text: str) -> Block:
    """A title in one line."""
    text = clamped(_or_dash(" ".join(text.split())), HEADER)
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def section(text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "text": _words(text, SECTION)}


def fields(texts: Sequence[str]) -> Block:
    """Facts in two columns."""
    return {"type": "section", "fields": [_words(one, FIELD) for one in texts[:FIELDS]]}


def context(*texts: str) -> Block:
    """Small print."""
    return {
        "type": "context",
        "elements": [_words(one, CONTEXT_TEXT) for one in texts[:CONTEXT] if one],
    }


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def quoted(text: str) -> Block:
    """What others said, letter by letter."""
    return section(f"```{_or_dash(outside(text, SECTION - 100, lines=True))}```")


def payloads(fallback: str, blocks: Iterable[Block], cut: str) -> tuple[Payload, ...]:
    """As many messages as the blocks need; `cut` is said when they would be too many."""
    parts: list[list[Block]] = [[]]
    room = TOTAL - 2
    for block in blocks:
        size = total([block])  # brackets stand for the comma and the space between two
        if len(parts[-1]) >= MOST_BLOCKS - 1 or size > room:
            if len(parts) == MOST_PARTS:
                parts[-1].append(context(cut))
                break
            parts.append([])
            room = TOTAL - 2
        parts[-1].append(block)
        room -= size
    text = clamped(_or_dash(fallback), FALLBACK)
    return tuple({"text": text, "blocks": part} for part in parts if part)
