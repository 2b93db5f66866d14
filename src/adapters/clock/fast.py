"""A clock that every process of a kill run shares, many times faster than the one on the wall."""

import asyncio
import time

import attrs


@attrs.frozen
class FastClock:
    """`speed` seconds pass in each real one; it stood at `start_ms` when the machine did `zero`."""

    start_ms: int
    zero: float
    speed: float

    def now(self) -> int:
        """The moment in ms."""
        return self.start_ms + round((time.monotonic() - self.zero) * 1000 * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait so many of its own seconds."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)
