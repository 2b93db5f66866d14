"""What the gates ask: the closed trades of the last day and of the last 30, and the last change."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from application.ports.read_models import ReadModels
from application.read_models import POSITIONS
from domain.instant import DAY
from domain.tuning.gates import Evidence

WINDOW: Final = 30 * DAY
"""Over which the win rate and its interval are taken (ms)."""


async def evidence(
    now: int, *, tables: ReadModels, pairs: Sequence[str], changed_at: int | None
) -> Evidence:
    """What the tables say at a time (ms). Raises Retryable when they cannot be read."""
    wins = closed = closed_24h = 0
    gains: defaultdict[str, Decimal] = defaultdict(Decimal)
    for pair in pairs:
        for row in await tables.since(POSITIONS, pair, ""):
            trade = row.closed
            if trade is None or not now - WINDOW <= trade.closed_at < now:
                continue
            closed += 1
            wins += trade.gain.amount > 0
            if trade.closed_at >= now - DAY:
                closed_24h += 1
                gains[pair] += trade.gain.amount
    return Evidence(
        now=now,
        closed_24h=closed_24h,
        changed_at=changed_at,
        wins=wins,
        closed=closed,
        gains=gains,
    )
