"""What has to be so before a change may even be proposed; most nights it is not."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs

from domain.instant import DAY
from domain.tuning.track_record import wilson_interval

TRADES_A_DAY: Final = 3
REST: Final = 14 * DAY
WIDEST: Final = 0.40
TRADES: Final = 21
"""Under so many trades the interval is narrow only after a perfect streak: a deviation of ours."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Evidence:
    """What the log says at a time (ms). `gains` of the last 24 h in JPY, by coins that closed."""

    now: int
    closed_24h: int
    changed_at: int | None
    wins: int
    closed: int
    gains: Mapping[str, Decimal]


@attrs.frozen(slots=True, weakref_slot=False)
class Shut:
    """A gate that is not passed, with its numbers."""

    gate: str
    detail: str


def shut_gates(seen: Evidence) -> list[Shut]:
    """The gates that stop a proposal, in their order; none: one may be made."""
    found = []
    if seen.closed_24h < TRADES_A_DAY:
        closed = f"{seen.closed_24h} trades were closed in 24 h"
        found.append(Shut("trades_24h", f"{closed}, {TRADES_A_DAY} needed"))
    if seen.changed_at is not None and seen.now - seen.changed_at < REST:
        days = (seen.now - seen.changed_at) / DAY
        found.append(Shut("rest", f"the last change is {days:.1f} days old, {REST // DAY} needed"))
    if seen.closed < TRADES:
        found.append(Shut("trades", f"{seen.closed} closed trades, {TRADES} needed"))
    low, high = wilson_interval(seen.wins, seen.closed)
    if not high - low < WIDEST:
        found.append(
            Shut("width", f"the win rate is known to {high - low:.2f}, under {WIDEST:.2f} needed")
        )
    signs = {gain > 0 for gain in seen.gains.values() if gain}
    if len(seen.gains) > 1 and len(signs) == 1:
        way = "gained" if signs == {True} else "lost"
        all_of_them = f"all {len(seen.gains)} coins {way}"
        found.append(Shut("one_move", f"{all_of_them}: the market moved as one"))
    return found
