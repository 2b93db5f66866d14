"""What time it is, and waiting."""

from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> int:
        """The present moment in ms since 1970 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Come back after so many seconds; a simulated clock moves on by itself."""
        ...
