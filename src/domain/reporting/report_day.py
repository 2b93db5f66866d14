"""The day of a report: it ends at 23:00 in Japan (14:00 UTC) and carries that day's date."""

from datetime import date
from typing import Final, Self

import attrs

from domain.instant import DAY, HOUR, from_datetime, parse, to_datetime

ENDS_AT: Final = 14 * HOUR
"""When a day ends, after midnight UTC (ms)."""


@attrs.frozen(slots=True, weakref_slot=False, order=True)
class ReportDay:
    """One day, from the end of the one before up to, and without, its own end (ms)."""

    end: int

    @classmethod
    def of(cls, moment: int) -> Self:
        """The day that a moment (ms) belongs to."""
        return cls(moment - (moment - ENDS_AT) % DAY + DAY)

    @classmethod
    def complete_at(cls, moment: int) -> Self:
        """The newest day that had ended at a moment (ms)."""
        return cls(moment - (moment - ENDS_AT) % DAY)

    @classmethod
    def named(cls, name: str) -> Self:
        """The day of a date, YYYY-MM-DD. Raises ValueError for anything else."""
        return cls(parse(date.fromisoformat(name).isoformat()) + ENDS_AT)

    @property
    def start(self) -> int:
        """When it began (ms)."""
        return self.end - DAY

    @property
    def name(self) -> str:
        """YYYY-MM-DD of the evening in Japan on which it ends."""
        return f"{to_datetime(self.end):%Y-%m-%d}"

    @property
    def month(self) -> str:
        """YYYY-MM that it ends in."""
        return self.name[:7]

    @property
    def month_start(self) -> int:
        """When that month began, in UTC as the plans of the feeds count (ms)."""
        ends = to_datetime(self.end)
        return from_datetime(ends.replace(day=1, hour=0, minute=0, second=0, microsecond=0))

    def earlier(self, days: int) -> Self:
        """The day so many days before."""
        return type(self)(self.end - days * DAY)
