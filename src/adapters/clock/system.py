"""The real time."""

import asyncio
import time


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """The present moment in ms."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        await asyncio.sleep(seconds)
