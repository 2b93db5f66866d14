"""Messages as Slack shows them: each kind's blocks in one language."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs

from adapters.notifier.slack import words as say
from adapters.notifier.slack.analysis import analysis_blocks, mood_line, position_blocks
from adapters.notifier.slack.blocks import (
    Block,
    Payload,
    context,
    fields,
    header,
    outside,
    payloads,
    quoted,
    section,
)
from adapters.notifier.slack.words import Words
from application.messages import (
    AllClear,
    DailyReport,
    ErrorSeen,
    Happened,
    Message,
    Plain,
    Ranking,
    ToldEvent,
    Trouble,
)
from domain.events import OrderFilled, ParameterMove, PositionClosed
from domain.money import Jpy

PRICES = frozenset({"price", "stop", "entry", "exit", "take_profit"})
SIGNED = frozenset({"gain"})
NAMED = {"name": "tasks", "reason": "reasons"}
"""Fields with codes that the tables of words have names for."""


def posts(message: Message, words: Words) -> tuple[Payload, ...]:
    """The bodies to post for one message, within all limits."""
    blocks = list(_blocks(message, words))
    return payloads(_fallback(blocks), blocks, words.label("cut"))


def _fallback(blocks: Iterable[Block]) -> str:
    """What a phone's lock screen shows: the first two texts."""
    texts = [block["text"]["text"] for block in blocks if "text" in block]
    return "\n".join(texts[:2])


def _blocks(message: Message, words: Words) -> Iterator[Block]:
    match message:
        case Ranking():
            yield from analysis_blocks(message, words)
        case Happened():
            yield from _told(_key(message.event), message.event, words, message.at)
        case DailyReport():
            yield from _report(message, words)
        case ErrorSeen():
            yield from _told("ErrorSeen", message, words, message.at)
        case Trouble():
            yield from _told("Trouble", message, words)
        case AllClear():
            yield from _told("AllClear", message, words)
        case Plain():
            yield section(outside(message.text, 2_900, lines=True))


def _key(event: ToldEvent) -> str:
    """The entry of an event in the tables of words."""
    name = type(event).__name__
    if isinstance(event, OrderFilled):
        return f"{name}_{event.side}"
    if isinstance(event, PositionClosed):
        return f"{name}_{'loss' if event.gain.amount < 0 else 'gain'}"
    return name


def _facts(told: Any, words: Words) -> dict[str, str]:
    """Every field of a value as text, by name."""
    facts = {
        one.name: _shown(one.name, getattr(told, one.name), words)
        for one in attrs.fields(type(told))
    }
    if "pair" in facts:
        facts["coin"] = say.coin(told.pair)
    return facts


def _shown(name: str, value: Any, words: Words) -> str:
    match value:
        case Jpy():
            return say.price(value) if name in PRICES else say.yen(value, sign=name in SIGNED)
        case Decimal():
            return say.quantity(value)
        case float():
            return say.percent(value)
        case (ParameterMove(), *_):
            return ", ".join(f"{one.name} {one.before:g} → {one.after:g}" for one in value)
        case Enum():
            return words.name("reasons", str(value))
        case str() if name in NAMED:
            return words.name(NAMED[name], value)
        case None:
            return words.label("none")
        case _:
            return outside(str(value))


def _told(key: str, told: Any, words: Words, at: int | None = None) -> Iterator[Block]:
    """The blocks that the table of words has for a value."""
    entry = words.table["messages"][key]
    facts = _facts(told, words)
    yield header(entry["title"].format(**facts))
    if "body" in entry:
        yield section(entry["body"].format(**facts))
    if "fields" in entry:
        yield fields([one.format(**facts) for one in entry["fields"]])
    if "detail" in entry:
        yield quoted(getattr(told, entry["detail"]))
    small = [entry["foot"].format(**facts)] if "foot" in entry else []
    if at is not None:
        small.append(words.label("time", time=say.clock_time(at)))
    if small:
        yield context(*small)


def _report(message: DailyReport, words: Words) -> Iterator[Block]:
    entry = words.table["messages"]["DailyReport"]
    facts = {
        "day": outside(message.day, 20),
        "arrow": say.arrow(message.gain.amount),
        "gain": say.yen(message.gain, sign=True),
        "fees": say.yen(message.fees),
        "equity": words.yen(message.equity),
        "buys": str(message.buys),
        "sells": str(message.sells),
        "wins": str(message.wins),
        "losses": str(message.losses),
        "analyses": say.number(message.analyses, 0),
    }
    yield header(entry["title"].format(**facts))
    if message.breaker_open:
        yield section(entry["breaker"])
    yield fields([one.format(**facts) for one in entry["fields"]])
    yield section(mood_line(message.market, words))
    yield from position_blocks(message.positions, words)
    if message.balanced is False:
        yield section(entry["unbalanced"])
    checks = list(_checks(message, entry))
    if checks:
        yield context(*checks)
    for note in message.notes[:10]:
        yield section(outside(note, 1_000, lines=True))


def _checks(message: DailyReport, entry: Mapping[str, str]) -> Iterator[str]:
    """What is known of the log itself and of the month; nothing about what is not."""
    if message.balanced:
        yield entry["balanced"]
    if message.decisions is not None and message.equal is not None:
        counts = say.number(message.equal, 0), say.number(message.decisions, 0)
        yield entry["equal"].format(equal=counts[0], decisions=counts[1])
    if message.news_calls is not None:
        yield entry["news_calls"].format(news_calls=say.number(message.news_calls, 0))
    if message.head is not None:
        yield entry["head"].format(head=outside(message.head, 64))
