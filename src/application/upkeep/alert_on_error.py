"""Errors in a function's log become one alert, and then none for half an hour."""

from collections.abc import Sequence

from application.commit import Log
from application.errors import Conflict
from domain.events import Commit, ErrorDetected
from domain.upkeep.alert_cooldown import may_alert
from domain.upkeep.error_report import error_in


async def alert_on_error(
    source: str, lines: Sequence[str], at: int, *, log: Log
) -> tuple[Commit, ...]:
    """Record the first error in the lines of a source at a moment (ms), if it may alert now.

    The same lines may come twice: who is second finds the alert on the log.
    """
    found = [said for said in map(error_in, lines) if said is not None]
    if not found:
        return ()
    stream = f"errors/{source}"
    version = await log.store.version(stream)
    newest = (await log.store.read(stream, version - 1))[-1].at if version else None
    if not may_alert(newest, at):
        return ()
    event = ErrorDetected(source, found[0], len(found))
    commit = log.commit(stream, version + 1, [event], at=at, correlation=stream, causation="")
    try:
        return await log.append(commit)
    except Conflict:
        return ()  # somebody else has just told of it
