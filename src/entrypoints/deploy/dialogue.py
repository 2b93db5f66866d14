"""What a deployment says and asks; the terminal, or a test, answers."""

from collections.abc import Sequence
from typing import Protocol


class Dialogue(Protocol):
    """Somebody who reads, and perhaps answers."""

    def say(self, line: str) -> None:
        """One line of progress."""
        ...

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows to look at before an answer."""
        ...

    def agrees(self, question: str) -> bool:
        """Whether the answer is yes. Raises Refused where nobody can be asked."""
        ...

    def types(self, question: str, wanted: str) -> bool:
        """Whether exactly `wanted` was typed. Raises Refused where nobody can be asked."""
        ...
