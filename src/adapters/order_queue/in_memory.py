"""A queue in this process: first in, first out, an order at most once in it."""


class InMemoryOrderQueue:
    """Ids waiting to be executed; sending one that waits already is no second message."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}

    async def send(self, order: str) -> None:
        """Put an id at the end."""
        self._waiting.setdefault(order)

    async def receive(self) -> str | None:
        """Take the oldest id, or None."""
        if not self._waiting:
            return None
        order = next(iter(self._waiting))
        del self._waiting[order]
        return order
