"""One order over all commits without a counter that everybody writes to: a hybrid clock.

A position is ms * 10**6, then a digit that counts, three digits from the names of what is
written, and two that number the commits of one append. It is greater than the present moment's
and than every position that its writer has written or read. So a commit stands after all that
its writer had read from the log, though the clocks of two machines differ; the three digits make
two writers of the same moment differ. It stays below 2**63 until the year 2262.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from application.errors import Broken
from application.ports.clock import Clock

PER_MS: Final = 1_000_000
MOST: Final = 100
"""Commits of one append."""
FIRST_MONTH: Final = "2025-01"
"""No log is older: reading a whole log begins here."""
_TICKS_PER_MS: Final = 10
_PER_TICK: Final = PER_MS // _TICKS_PER_MS
_MARKS: Final = _PER_TICK // MOST


class CommitOrder:
    """What one process knows of the order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.newest = 0
        """The greatest position that was given out or seen."""

    def saw(self, position: int) -> None:
        """Somebody's commit was read; ours will stand after it."""
        self.newest = max(self.newest, position)

    def take(self, names: Sequence[str]) -> Sequence[int]:
        """Consecutive positions for the commits of one append, named by stream and version.

        Raises Broken when the clock stands before every log.
        """
        assert len(names) <= MOST
        tick = max(self._clock.now() * _TICKS_PER_MS, self.newest // _PER_TICK + 1)
        mark = int.from_bytes(sha256("\n".join(names).encode()).digest()[:8]) % _MARKS
        first = tick * _PER_TICK + mark * MOST
        if month_of(first) < FIRST_MONTH:
            raise Broken(f"the clock says {month_of(first)}: nothing is appended; set it right")
        self.newest = first + max(0, len(names) - 1)
        return range(first, first + len(names))


def month_of(position: int) -> str:
    """The month of a position (UTC) such as "2026-11", the partition that it is read from."""
    return datetime.fromtimestamp(position // PER_MS / 1000, UTC).strftime("%Y-%m")


def months(after: int, until: int) -> Iterator[str]:
    """The months from one position's to another's, in order."""
    month, last = max(FIRST_MONTH, month_of(after)), month_of(until)
    while month <= last:
        yield month
        year, number = int(month[:4]), int(month[5:])
        month = f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"
