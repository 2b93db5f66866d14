"""Says it on stderr."""

import sys

from adapters.notifier.plain_text import plain_text
from application.messages import Message
from application.ports.clock import Clock
from domain.instant import JAPAN, to_datetime


class ConsoleNotifier:
    """One line a message, with the time in Japan before it if there is a clock.

    stdout stays free for results.
    """

    def __init__(self, *, wants_routine: bool = False, clock: Clock | None = None) -> None:
        self.wants_routine = wants_routine
        self._clock = clock

    async def tell(self, message: Message) -> None:
        """Print a message."""
        print(f"{self._time()}{plain_text(message)}", file=sys.stderr)

    def _time(self) -> str:
        if self._clock is None:
            return ""
        return f"{to_datetime(self._clock.now() + JAPAN):%H:%M:%S}  "
