"""Time that moves only when told, or when somebody waits."""


class SimulatedClock:
    """Starts at a moment (ms) and never goes back."""

    def __init__(self, start: int = 0) -> None:
        self._now = start

    def now(self) -> int:
        """The simulated moment in ms."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Waiting moves the clock on at once."""
        self._now += round(seconds * 1000)

    def move_to(self, moment: int) -> None:
        """Go on to a moment (ms); one that is past already changes nothing."""
        self._now = max(self._now, moment)
