"""Remembers what was said."""

from adapters.notifier.plain_text import plain_text
from application.messages import Message


class InMemoryNotifier:
    """Keeps the first `kept` messages and counts all."""

    def __init__(self, kept: int = 1000, *, wants_routine: bool = False) -> None:
        self.messages: list[Message] = []
        self.count = 0
        self.wants_routine = wants_routine
        self._kept = kept

    async def tell(self, message: Message) -> None:
        """Remember a message."""
        self.count += 1
        if len(self.messages) < self._kept:
            self.messages.append(message)

    @property
    def said(self) -> list[str]:
        """What was remembered, as plain text."""
        return [plain_text(one) for one in self.messages]
