"""Technical readings of all pairs at one moment."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.events import TechnicalReading


class TechnicalScorer(Protocol):
    """Scores the newest window of each pair, singly or from a batch computed ahead."""

    async def readings(
        self, pairs: Sequence[str], at: int
    ) -> Mapping[str, TechnicalReading | None]:
        """Reading of each pair from candles closed by `at` (ms); None with too few of them.

        The same bits, whether a window is scored alone or together with others.
        """
        ...
