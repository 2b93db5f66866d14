"""Hands an order over, at least once. A message is a nudge: it carries an id, the log the order."""

from typing import Protocol


class OrderQueue(Protocol):
    """Orders of one account, in the order they were sent."""

    async def send(self, order: str) -> None:
        """Put an order's id on the queue."""
        ...

    async def receive(self) -> str | None:
        """The next id, or None when the queue is empty."""
        ...
