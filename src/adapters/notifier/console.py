"""Says it on stderr."""

import sys

from adapters.notifier.plain_text import plain_text
from application.messages import Message


class ConsoleNotifier:
    """One line a message; stdout stays free for results."""

    def __init__(self, *, wants_routine: bool = False) -> None:
        self.wants_routine = wants_routine

    async def tell(self, message: Message) -> None:
        """Print a message."""
        print(plain_text(message), file=sys.stderr)
