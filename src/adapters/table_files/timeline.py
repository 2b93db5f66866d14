"""Values over time, asked for what was known at a moment."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import attrs

from application.errors import InputError
from domain.instant import iso


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class Timeline:
    """`readings[i]` is known from `times[i]` (ms, strictly rising) until the next one is."""

    times: list[int]
    readings: list[float]

    def newest(self, moment: int) -> tuple[int, float] | None:
        """(since when, value) of the newest point at or before a moment; None before the first."""
        at = bisect_right(self.times, moment) - 1
        return None if at < 0 else (self.times[at], self.readings[at])

    def fresh(self, moment: int, oldest_ms: int) -> float | None:
        """The newest value unless it is older than so many ms."""
        known = self.newest(moment)
        return None if known is None or moment - known[0] > oldest_ms else known[1]


def timeline(times: Sequence[int], values: Sequence[float], path: Path) -> Timeline:
    """A timeline of unsorted points. Raises InputError when a time has two different values."""
    points = sorted(zip(times, values, strict=True))
    known: dict[int, float] = {}
    for time, value in points:
        if known.setdefault(time, value) != value:
            raise InputError(
                f"{path}: {iso(time)} has two values ({known[time]:g} and {value:g}): "
                f"remove the wrong one"
            )
    return Timeline(list(known), list(known.values()))
