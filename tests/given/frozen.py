"""Time that stands still: the wall clock is frozen, and moves when the program waits or is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from freezegun import configure, freeze_time

from domain.instant import iso, parse, to_datetime

MORNING = "2026-02-08T16:05:00Z"
"""Five past one at night in Japan."""
TICK_0 = parse(MORNING)

# it imports its models when they are looked at, and freezing looks at every loaded module
configure(extend_ignore_list=["aws_lambda_powertools"])


class FrozenClock:
    """The Clock port on the frozen wall clock."""

    def __init__(self, frozen: Any) -> None:
        self._frozen = frozen

    def now(self) -> int:
        """What the wall clock shows (ms)."""
        return round(time.time() * 1000)

    async def sleep(self, seconds: float) -> None:
        """Move the wall clock on."""
        self._frozen.tick(timedelta(seconds=seconds))

    def set_to(self, moment: int) -> None:
        """Set the wall clock to a moment (ms), for another world that begins there."""
        self._frozen.move_to(to_datetime(moment))

    def move_to(self, moment: int) -> None:
        """Move the wall clock on to a moment (ms); never back."""
        if moment > self.now():
            self._frozen.move_to(to_datetime(moment))


@contextmanager
def frozen(at: int = TICK_0, zone_h: int = 0) -> Iterator[FrozenClock]:
    """Freeze the wall clock at a moment (ms); the event loop keeps its own time.

    `zone_h`: hours that the machine's local time is ahead of UTC.
    """
    with freeze_time(iso(at), tz_offset=zone_h, real_asyncio=True) as wall:
        yield FrozenClock(wall)
