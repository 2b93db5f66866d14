"""One line a tick for the terminal: what is known, how old it is, what is held and in trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.errors import OutsideError
from application.read_models import MARKET_CONTEXT, POSITIONS, PRICES, SENTIMENT
from domain.instant import CANDLE, HOUR, MINUTE

if TYPE_CHECKING:
    from application.ports.read_models import ReadModels
    from application.troubles import Troubles
    from domain.instruments import Instruments

FRESH = CANDLE
"""A candle that closed longer ago than this (ms) is not the newest one any more."""


async def status_line(
    now: int, *, tables: ReadModels, instruments: Instruments, troubles: Troubles
) -> str:
    """What is known at a moment (ms). A table that cannot be read is said to be so."""
    try:
        prices = await _prices(tables, instruments, now)
        mood = await tables.newest(MARKET_CONTEXT, "global", 1)
        news = [await tables.newest(SENTIMENT, one.pair, 1) for one in instruments]
        held = [row.pair for row in await tables.flagged(POSITIONS) if row.open]
    except OutsideError as error:
        return f"the tables cannot be read: {error}"
    newest_news = max((rows[-1].timestamp for rows in news if rows), default=None)
    parts = [
        prices,
        f"mood {_age(mood[-1].timestamp if mood else None, now)}",
        f"news {_age(newest_news, now)}",
        f"holds {', '.join(instruments.of(one).news for one in held) or 'nothing'}",
    ]
    if troubles.told:
        parts.append(f"failing: {', '.join(sorted(troubles.told))}")
    return " | ".join(parts)


async def _prices(tables: ReadModels, instruments: Instruments, now: int) -> str:
    ages = {}
    for one in instruments:
        rows = await tables.newest(PRICES, one.pair, 1)
        ages[one.news] = now - rows[-1].open_time - CANDLE if rows else None
    fresh = sum(age is not None and age <= FRESH for age in ages.values())
    old = [
        f"{name} {'none' if age is None else _length(age)}"
        for name, age in ages.items()
        if age is None or age > FRESH
    ]
    text = f"prices {fresh} of {len(ages)}"
    return f"{text} ({', '.join(old)})" if old else text


def _age(moment: int | None, now: int) -> str:
    return "none" if moment is None else f"{_length(now - moment)} old"


def _length(span: int) -> str:
    if span < HOUR:
        return f"{max(span, 0) // MINUTE} min"
    return f"{span / HOUR:.1f} h"
