"""What a judge has to say."""

import attrs

from domain.instant import iso


@attrs.frozen
class Violation:
    """A promise that was broken: its number, when (ms), and what was seen."""

    invariant: str
    at: int
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} at {iso(self.at)}: {self.text}"


class Findings:
    """The violations of one run; each kind is kept a few times only."""

    kept = 5

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self._counts: dict[str, int] = {}

    def add(self, invariant: str, at: int, text: str) -> None:
        """Note one."""
        count = self._counts[invariant] = self._counts.get(invariant, 0) + 1
        if count <= self.kept:
            self.violations.append(Violation(invariant, at, text))

    @property
    def count(self) -> int:
        """All of them, those that were not kept too."""
        return sum(self._counts.values())
