"""Says it on stderr."""

import sys


class ConsoleNotifier:
    """One line a message; stdout stays free for results."""

    async def tell(self, text: str) -> None:
        """Print a message."""
        print(text, file=sys.stderr)
