"""Remembers what was said."""


class InMemoryNotifier:
    """Keeps the newest `kept` messages and counts all."""

    def __init__(self, kept: int = 1000) -> None:
        self.said: list[str] = []
        self.count = 0
        self._kept = kept

    async def tell(self, text: str) -> None:
        """Remember a message."""
        self.count += 1
        if len(self.said) < self._kept:
            self.said.append(text)
