"""Tells a human."""

from typing import Protocol


class Notifier(Protocol):
    """A channel to the owner; it never fails a trade."""

    async def tell(self, text: str) -> None:
        """Say one thing; failing is the plug's own business."""
        ...
