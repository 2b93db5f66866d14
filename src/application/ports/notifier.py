"""Tells a human."""

from typing import Protocol

from application.messages import Message


class Notifier(Protocol):
    """A channel to the owner; it never fails a trade."""

    @property
    def wants_routine(self) -> bool:
        """Whether it also wants what comes all day long: rankings and raised stops."""
        ...

    async def tell(self, message: Message) -> None:
        """Say one thing; failing is the plug's own business."""
        ...
