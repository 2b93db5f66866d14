"""The chain of causes, read back from the log: from an order or position to the candle.

Every number that entered a sum is given, so that the sum can be redone by hand.
"""

from collections.abc import Sequence

import attrs

from application.errors import InputError
from application.ports.event_store import EventStore
from application.trading.explained import Line, life_lines, signal_lines
from domain.events import (
    AnalysisTriggered,
    Candle,
    Commit,
    DecisionMade,
    OrderRefused,
    OrderRequested,
    PositionOpened,
    PriceCollected,
    Recorded,
    Refusal,
    SignalScored,
)
from domain.identity import analysis_id
from domain.instant import CANDLE, iso, tick_of

ANALYSES_BACK = 24
"""Ticks to look back for the newest analysis: two hours, twice the longest pause."""


@attrs.frozen(slots=True, weakref_slot=False)
class Explanation:
    """Lines in the order that things happened."""

    subject: str
    lines: tuple[Line, ...]


async def explain(name: str, *, store: EventStore) -> Explanation:
    """The chain behind an order, a position or an analysis.

    Raises InputError when the log knows none of that name.
    """
    order = await store.read(f"order/{name}")
    position = await store.read(f"position/{name}")
    if order or position:
        opening = order or await store.read(f"order/{_opened_by(position)}")
        lines = await _order(opening, store)
        lines += await _position(position, store)
        return Explanation(name, tuple(lines))
    if await store.version(f"analysis/{name}"):
        return Explanation(name, tuple(await _analysis(name, None, store)))
    raise InputError(
        f"the log knows no order, position or analysis {name!r}: `events` lists their ids"
    )


async def explain_refusal(pair: str, moment: int, *, store: EventStore) -> Explanation:
    """Why a pair was not traded by the newest analysis at or before a moment (ms).

    Raises InputError when there was no analysis within two hours.
    """
    found = await _analysis_before(moment, store)
    if found is None:
        raise InputError(f"there was no analysis within two hours before {iso(moment)}")
    lines = await _analysis(found, pair, store)
    decision = await _decision(found, store)
    lines += [_refusal_line(one) for one in decision.refused if one.pair == pair]
    for trade in decision.trades:
        if trade.pair != pair:
            continue
        text = f"it was traded: {trade.action} with score {trade.score:+.6f}, order {trade.order}"
        history = await store.read(f"order/{trade.order}")
        lines.append(Line(history[0].at, "decision", text))
        lines += [
            Line(commit.at, "refused", f"guard {event.guard}: {event.detail}")
            for commit in history
            for event in commit.events
            if isinstance(event, OrderRefused)
        ]
    return Explanation(f"{pair} at {iso(moment)}", tuple(lines))


def _opened_by(position: Sequence[Commit]) -> str:
    opened = position[0].events[0]
    assert isinstance(opened, PositionOpened)  # a position's stream begins with it
    return opened.order


async def _order(history: Sequence[Commit], store: EventStore) -> list[Line]:
    """From the trigger to the order's end."""
    if not history:
        return []
    requested = history[0].events[0]
    assert isinstance(requested, OrderRequested)  # an order's stream begins with it
    lines: list[Line] = []
    if await store.version(f"analysis/{requested.origin}"):
        lines = await _analysis(requested.origin, requested.pair, store)
    elif requested.position is not None:
        lines = await _exit(requested, store)
    return lines + life_lines(history)


async def _exit(requested: OrderRequested, store: EventStore) -> list[Line]:
    """The part of the position's life that asked for this exit."""
    history = await store.read(f"position/{requested.position}")
    before = [one for one in history if one.at <= requested.asked_at]
    return life_lines(before)


async def _position(history: Sequence[Commit], store: EventStore) -> list[Line]:
    """The position's life, with the orders that closed it in their places."""
    if not history:
        return []
    lines = life_lines(history)
    closing = {
        event.order
        for commit in history
        for event in commit.events
        if hasattr(event, "order") and not isinstance(event, PositionOpened)
    }
    for order in sorted(closing):
        commits = await store.read(f"order/{order}")
        origin = commits[0].correlation if commits else ""
        if await store.version(f"analysis/{origin}"):
            pair = commits[0].events[0].pair  # type: ignore[union-attr]
            lines += await _analysis(origin, pair, store)
        lines += life_lines(commits)
    # of one moment, what an order's fill did to the position comes after the fill
    return sorted(lines, key=lambda line: (line.at, line.what in ("closed", "reduced")))


async def _analysis(name: str, pair: str | None, store: EventStore) -> list[Line]:
    """Trigger, candle, signal and decision of an analysis, of one pair or of all."""
    (commit,) = await store.read(f"analysis/{name}")
    lines = await _trigger(commit, pair, store)
    for event in commit.events:
        if isinstance(event, SignalScored) and pair in (None, event.pair):
            lines += signal_lines(event, commit.at)
    decision = await _decision(name, store)
    ranked = " > ".join(decision.ranking)
    held = ", ".join(decision.held) or "none"
    trades = ", ".join(f"{one.action} {one.pair}" for one in decision.trades) or "none"
    text = f"{decision.action}; ranking {ranked}; held: {held}; trades: {trades}"
    lines.append(Line(commit.at, "decision", text))
    if pair is None:
        lines += [_refusal_line(one) for one in decision.refused]
    return lines


async def _trigger(commit: Commit, pair: str | None, store: EventStore) -> list[Line]:
    stream, _, version = commit.causation.partition("@")
    lines: list[Line] = []
    for cause in await store.read(stream, int(version) - 1, int(version)):
        for recorded in cause.recorded():
            lines += _trigger_lines(recorded, pair)
    return lines


def _trigger_lines(recorded: Recorded, pair: str | None) -> list[Line]:
    at, event = recorded.commit.at, recorded.event
    if isinstance(event, PriceCollected) and event.candle.pair == pair:
        return [Line(at, "candle", f"{recorded.id}: {_candle(event.candle)}")]
    if isinstance(event, AnalysisTriggered):
        moves = ", ".join(f"{name} {moved:+.3f} %" for name, moved in event.moves_pct)
        text = f"{recorded.id}: analysis {event.analysis}, reason {event.reason}; 1 h: {moves}"
        return [Line(at, "trigger", text)]
    return []


def _candle(candle: Candle) -> str:
    return (
        f"{candle.pair} opened {iso(candle.open_time)}, closed {iso(candle.open_time + CANDLE)}: "
        f"O {candle.open} H {candle.high} L {candle.low} C {candle.close} USDT, "
        f"volume {candle.volume}"
    )


async def _decision(name: str, store: EventStore) -> DecisionMade:
    (commit,) = await store.read(f"analysis/{name}")
    decision = commit.events[-1]
    assert isinstance(decision, DecisionMade)  # an analysis ends in one
    return decision


async def _analysis_before(moment: int, store: EventStore) -> str | None:
    tick = tick_of(moment)
    for back in range(ANALYSES_BACK + 1):
        name = analysis_id(tick - back * CANDLE)
        if await store.version(f"analysis/{name}"):
            return name
    return None


def _refusal_line(one: Refusal) -> Line:
    off = abs(one.value - one.limit)
    text = (
        f"{one.pair}: {one.guard}: {one.value:.6g} {one.operator} {one.limit:.6g} "
        f"does not hold, off by {off:.6g}"
    )
    return Line(0, "not traded", text)
