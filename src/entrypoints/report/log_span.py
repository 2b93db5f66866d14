"""From when to when a log goes, found without reading it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from application.ports.event_store import EventStore


async def log_span(store: EventStore) -> tuple[int, int] | None:
    """When the first and the newest commit were made (ms); None for an empty log."""
    first = await _next(store, 0)
    if first is None:
        return None
    # positions are 1, 2, 3...: double the step until one is beyond the end, then halve it
    before, step = 0, 1
    while await _next(store, before + step) is not None:
        before, step = before + step, step * 2
    while step > 1:
        step //= 2
        if await _next(store, before + step) is not None:
            before += step
    newest = await _next(store, before)
    return first, first if newest is None else newest


async def _next(store: EventStore, after: int) -> int | None:
    """When the commit after a position was made; None when there is none."""
    async for _, commit in store.read_all(after):
        return commit.at
    return None
