"""Analyses to be run by whoever drives this process."""

from collections import deque


class InProcessStarter:
    """Remembers what was started until the driver of the process takes it."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[str, int, str]] = deque()

    async def start(self, analysis: str, at: int, cause: str) -> None:
        """Note the analysis of a tick (ms) with the event that asked for it."""
        self.waiting.append((analysis, at, cause))
