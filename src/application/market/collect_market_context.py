"""Mood readings go on the log; what could not be fetched stays missing, and why is told."""

from application.commit import Log
from application.errors import OutsideError
from application.ports.market_context import MarketContext
from domain.events import CollectionFailed, Commit, Event

STREAM = "feeds/market-context"


async def collect_market_context(
    tick: int, *, log: Log, market_context: MarketContext
) -> tuple[Commit, ...]:
    """Record the mood known at a tick (ms). Raises Conflict when another collector was faster."""
    events: list[Event] = []
    try:
        events.append(await market_context.reading(tick))
    except OutsideError as failure:
        events.append(CollectionFailed("market_context", str(failure)))
    else:
        for part, reason in sorted(market_context.failures.items()):
            events.append(CollectionFailed(f"market_context/{part}", reason))
    version = await log.store.version(STREAM) + 1
    return await log.append(
        log.commit(STREAM, version, events, at=tick, correlation=f"tick/{tick}", causation="")
    )
