"""A thinned record of the scores, small whatever the length of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from domain.events import Event, SignalScored
from domain.instant import HOUR

MOST = 2_000
"""Samples kept of each pair."""

Sample = tuple[
    int,
    float | None,
    float | None,
    float | None,
    float | None,
    float,
    float,
    float,
]


@attrs.frozen(slots=True, weakref_slot=False)
class ScoreSamples:
    """Scores of one pair, oldest first, at most MOST of them, `every` ms or more apart.

    Each row: ms, technical, forecast, sentiment, market (None = absent), total, buy threshold,
    sell threshold.
    """

    every: int
    rows: tuple[Sample, ...]


class ScoreSampler:
    """Takes the first signal of each hour; when that becomes too many, of each two hours..."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: dict[str, list[Sample]] = {}
        self._every: dict[str, int] = {}
        self._newest: dict[str, int] = {}

    def add(self, at: int, events: Iterable[Event]) -> None:
        """Look at one analysis, made at `at` (ms)."""
        for signal in events:
            if not isinstance(signal, SignalScored):
                continue
            pair = signal.pair
            every = self._every.get(pair, HOUR)
            slot = at // every
            if self._newest.get(pair) == slot:
                continue
            self._newest[pair] = slot
            parts, limits = signal.components, signal.thresholds
            rows = self._rows.setdefault(pair, [])
            rows.append(
                (
                    at,
                    parts.technical,
                    parts.forecast,
                    parts.sentiment,
                    parts.market,
                    signal.total,
                    limits.buy,
                    limits.sell,
                )
            )
            if len(rows) > self._most:
                self._thin(pair, every * 2)

    def _thin(self, pair: str, every: int) -> None:
        kept: list[Sample] = []
        for row in self._rows[pair]:
            if not kept or row[0] // every != kept[-1][0] // every:
                kept.append(row)
        self._rows[pair] = kept
        self._every[pair] = every
        self._newest[pair] = kept[-1][0] // every

    def samples(self) -> Mapping[str, ScoreSamples]:
        """What was kept, by pair."""
        return {
            pair: ScoreSamples(self._every.get(pair, HOUR), tuple(rows))
            for pair, rows in self._rows.items()
        }
