"""A queue in this process: first in, first out, one message in flight."""

from collections import deque
from collections.abc import Sequence

import attrs

from application.ports.clock import Clock
from application.ports.order_queue import RECEIVES, VISIBILITY_S, Message


@attrs.define(slots=True)
class _Waiting:
    """A message on the queue; in flight until `visible_at` (ms)."""

    number: int
    order: str
    receives: int = 0
    visible_at: int = 0


class InMemoryOrderQueue:
    """Ids waiting to be executed. Only the oldest message can be in flight."""

    def __init__(self, clock: Clock, *, visibility_s: float = VISIBILITY_S) -> None:
        self._clock = clock
        self._visibility = round(visibility_s * 1000)
        self._messages: deque[_Waiting] = deque()
        self._sent = 0
        self._dead: dict[str, None] = {}

    async def send(self, order: str) -> None:
        """Put an id at the end, unless it waits already."""
        now = self._clock.now()
        if any(one.order == order and one.visible_at <= now for one in self._messages):
            return
        self._sent += 1
        self._messages.append(_Waiting(self._sent, order))

    async def receive(self) -> Message | None:
        """Hand out the oldest message, or nothing."""
        while self._messages:
            oldest, now = self._messages[0], self._clock.now()
            if oldest.visible_at > now:
                return None
            if oldest.receives < RECEIVES:
                oldest.receives += 1
                oldest.visible_at = now + self._visibility
                return Message(oldest.order, _receipt(oldest), oldest.receives)
            self._dead.setdefault(oldest.order)
            self._messages.popleft()
        return None

    async def done(self, message: Message) -> None:
        """Take the message off while its receipt holds."""
        if self._messages:
            oldest = self._messages[0]
            if _receipt(oldest) == message.receipt and oldest.visible_at > self._clock.now():
                self._messages.popleft()

    async def dead(self) -> Sequence[str]:
        """Orders that were given up."""
        return tuple(self._dead)


def _receipt(one: _Waiting) -> str:
    return f"{one.number}.{one.receives}"
