"""What a log tells of a stretch of time, kept small: prices of all ticks, scores of all analyses.

A quarter of six coins has 26,000 ticks and as many analyses; as events they would take a gigabyte.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from domain.events import Candle, Commit, Components, PriceCollected, SignalScored
from domain.instant import CANDLE, DAY
from domain.parameters import StrategyParameters
from domain.quick import quickly_made
from domain.strategy.thresholds import is_fading

_NONE: Final = math.nan
"""In an array, what is not known."""


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PairSeen:
    """A pair in one analysis: all that its score and its thresholds are made of."""

    parts: Components
    confidence: float | None
    adjustment: float
    is_fading: bool
    is_buyable: bool


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class AnalysisSeen:
    """One analysis at a tick (its index): factors of the thresholds, and the pairs in order."""

    tick: int
    volatility: float
    fear_factor: float
    pairs: tuple[tuple[str, PairSeen], ...]


class Recording:
    """Fed commit by commit, in the log's order; `parameters` tell what a fading rise is.

    `times` are the ticks (ms), ascending; `opens` and `closes` of a pair are as long, in USDT, and
    NaN before its first candle. A candle that is missing repeats the close before it.
    """

    def __init__(self, parameters: StrategyParameters) -> None:
        self._parameters = parameters
        self.times = array("q")
        self.opens: dict[str, array[float]] = {}
        self.closes: dict[str, array[float]] = {}
        self.analyses: list[AnalysisSeen] = []

    def see(self, commit: Commit) -> None:
        """One more commit; what is not a price or a score is passed over."""
        kind = commit.events[0].__class__
        if kind is PriceCollected:
            self.candles(one.candle for one in commit.events if isinstance(one, PriceCollected))
        elif kind is SignalScored and self.times:
            signals = [one for one in commit.events if isinstance(one, SignalScored)]
            self.analysis(commit.at, signals)

    def candles(self, candles: Iterable[Candle]) -> None:
        """Closed candles of one tick, or of several, oldest first for each pair."""
        times = self.times
        for one in candles:
            at = one.open_time + CANDLE
            if not times or at > times[-1]:
                self._next(at)
            if at != times[-1]:
                continue  # made up for later: at its own tick nobody had seen it
            if one.pair not in self.closes:
                missing = [_NONE] * len(times)
                self.opens[one.pair] = array("d", missing)
                self.closes[one.pair] = array("d", missing)
            self.opens[one.pair][-1] = one.open
            self.closes[one.pair][-1] = one.close

    def analysis(self, at: int, signals: Sequence[SignalScored]) -> None:
        """The scores of an analysis that was made at a time (ms)."""
        p = self._parameters
        first = signals[0].thresholds
        # a function is some seconds after its tick
        tick = len(self.times) - 1
        if at - self.times[tick] >= CANDLE:
            return
        pairs = tuple(
            (
                one.pair,
                PairSeen(
                    one.components,
                    one.forecast.confidence if one.forecast else None,
                    one.adjustment,
                    is_fading(one.technical, p),
                    one.technical is not None,
                ),
            )
            for one in signals
        )
        self.analyses.append(AnalysisSeen(tick, first.volatility, first.fear_factor, pairs))

    def _next(self, at: int) -> None:
        self.times.append(at)
        for pair, closes in self.closes.items():
            last = closes[-1] if closes else _NONE
            closes.append(last)
            self.opens[pair].append(last)

    @property
    def first_day(self) -> int:
        """The day (number since 1970, UTC) that it begins in."""
        return self.times[0] // DAY if self.times else 0

    @property
    def days(self) -> int:
        """Days that it has ticks in, from the first to the last."""
        return self.times[-1] // DAY - self.first_day + 1 if self.times else 0
