"""From when on the log has to be read for a day's report, however old the log is."""

from collections.abc import Sequence
from typing import Final

from application.ports.read_models import ReadModels
from application.read_models import POSITIONS
from domain.instant import DAY
from domain.reporting.report_day import ReportDay

LOOKED_BACK: Final = 92 * DAY
"""Longer than anything counts: sizing looks at 90 days of trades, the figures at 31 (ms)."""


async def report_reach(day: ReportDay, tables: ReadModels, pairs: Sequence[str]) -> int:
    """A time (ms) from which on every position that a report may speak of is whole.

    The loss streak of the breaker is counted from here, too: one that is older than all of this
    is taken for none. Dust of older trades has no cost.
    """
    lives = []
    for pair in pairs:
        for row in await tables.since(POSITIONS, pair, ""):
            if row.closed is not None:
                lives.append((row.closed.opened_at, row.closed.closed_at))
            elif row.open is not None:
                lives.append((row.open.opened_at, day.end))
    since = day.end - LOOKED_BACK
    # one that is taken in may take in others that were closed before it began
    while earlier := [opened for opened, closed in lives if opened < since <= closed]:
        since = min(earlier)
    return since
