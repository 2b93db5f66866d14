"""No faster than the exchange allows."""

from collections import deque

from application.ports.clock import Clock


class Pace:
    """At most so many calls in any `window_ms`; whoever comes too early waits."""

    def __init__(self, clock: Clock, *, calls: int, window_ms: int = 1_000) -> None:
        self._clock = clock
        self._window = window_ms
        self._starts: deque[int] = deque([0] * calls, maxlen=calls)
        self._asked = 0

    async def wait(self) -> None:
        """Come back when the next call may leave; who asked first goes first."""
        now = self._clock.now()
        if now < self._asked - self._window:
            # the clock was put back: what it showed before says nothing about how long to wait
            self._starts.extend([now] * len(self._starts))
        self._asked = now
        start = max(now, self._starts[0] + self._window)
        self._starts.append(start)
        if start > now:
            await self._clock.sleep((start - now) / 1000)
