"""The figures of a window of time: trades that closed in it, and what its analyses scored."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import starmap
from typing import Final

import attrs

from domain.instant import HOUR
from domain.money import Jpy
from domain.reporting.closed_trades import ClosedTrade
from domain.strategy.trade_stats import trade_stats
from domain.trading.books import EXACT
from domain.tuning.track_record import wilson_interval

EDGES: Final = tuple(step / 10 for step in range(-9, 10))
"""Between these and the ends -1 and +1 lie the 20 bins of the histogram; a score on one of them
counts for the bin above it."""
NEAR_ZERO: Final = 0.05
"""A component nearer to 0 than this says next to nothing."""
COMPONENTS: Final = ("technical", "forecast", "sentiment", "market")

Counts = tuple[tuple[str, int], ...]
"""Names with their counts, the most frequent first."""


@attrs.frozen(slots=True, weakref_slot=False)
class ScoreSample:
    """One signal: when (ms), its total, and its components as in COMPONENTS (None = absent)."""

    at: int
    total: float
    components: tuple[float | None, float | None, float | None, float | None]


@attrs.frozen(slots=True, weakref_slot=False)
class CoinFigures:
    """Closed trades of one pair; JPY after fees."""

    pair: str
    closed: int
    wins: int
    gain: Jpy


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class TradeFigures:
    """Closed trades. `gain` in JPY after fees, percentages of the cost, hours.

    A win has a gain over 0; rates are 0..1, the interval Wilson's at 95 %. None without a trade.
    """

    closed: int
    wins: int
    losses: int
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    gain: Jpy
    mean_gain_pct: float | None
    best_pct: float | None
    worst_pct: float | None
    mean_hold_h: float | None
    longest_hold_h: float | None
    reasons: Counts
    coins: tuple[CoinFigures, ...]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class ComponentFigures:
    """One component over all signals; deviation of the population, shares 0..1.

    `absent` signals had none; the rest of the figures are of those that had one.
    """

    name: str
    present: int
    absent: int
    mean: float | None
    deviation: float | None
    near_zero_share: float | None


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class SignalFigures:
    """One signal a pair and analysis; `histogram` counts totals from -1 to +1 in 20 bins."""

    signals: int
    histogram: tuple[int, ...]
    mean_total: float | None
    components: tuple[ComponentFigures, ...]


def trade_figures(trades: Sequence[ClosedTrade]) -> TradeFigures:
    """The figures of some closed trades."""
    percents = [one.gain_pct for one in trades]
    hours = [one.hold_ms / HOUR for one in trades]
    stats = trade_stats(percents)
    low, high = wilson_interval(stats.wins, stats.trades)
    return TradeFigures(
        closed=stats.trades,
        wins=stats.wins,
        losses=stats.trades - stats.wins,
        win_rate=stats.win_rate,
        win_rate_low=low if trades else None,
        win_rate_high=high if trades else None,
        gain=total_gain(trades),
        mean_gain_pct=_mean(percents),
        best_pct=max(percents, default=None),
        worst_pct=min(percents, default=None),
        mean_hold_h=_mean(hours),
        longest_hold_h=max(hours, default=None),
        reasons=counted(one.reason for one in trades),
        coins=tuple(_coin(pair, trades) for pair in sorted({one.pair for one in trades})),
    )


def total_gain(trades: Iterable[ClosedTrade]) -> Jpy:
    """The sum of their gains, to the last digit."""
    total = Decimal(0)
    for one in trades:
        total = EXACT.add(total, one.gain.amount)
    return Jpy(total)


def _coin(pair: str, trades: Sequence[ClosedTrade]) -> CoinFigures:
    of_pair = [one for one in trades if one.pair == pair]
    wins = trade_stats([one.gain_pct for one in of_pair]).wins
    return CoinFigures(pair, len(of_pair), wins, total_gain(of_pair))


def signal_figures(samples: Sequence[ScoreSample]) -> SignalFigures:
    """The figures of some signals."""
    bins = [0] * (len(EDGES) + 1)
    for one in samples:
        bins[bisect_right(EDGES, one.total)] += 1
    columns = zip(*(one.components for one in samples), strict=True) if samples else [()] * 4
    return SignalFigures(
        signals=len(samples),
        histogram=tuple(bins),
        mean_total=_mean([one.total for one in samples]),
        components=tuple(starmap(_component, zip(COMPONENTS, columns, strict=True))),
    )


def _component(name: str, column: Sequence[float | None]) -> ComponentFigures:
    values = [one for one in column if one is not None]
    mean = _mean(values)
    if mean is None:
        return ComponentFigures(
            name=name,
            present=0,
            absent=len(column),
            mean=None,
            deviation=None,
            near_zero_share=None,
        )
    variance = math.fsum((one - mean) ** 2 for one in values) / len(values)
    return ComponentFigures(
        name=name,
        present=len(values),
        absent=len(column) - len(values),
        mean=mean,
        deviation=math.sqrt(variance),
        near_zero_share=sum(abs(one) < NEAR_ZERO for one in values) / len(values),
    )


def counted(names: Iterable[str]) -> Counts:
    """Names with how often they came, the most frequent first, then by name."""
    counts = Counter(map(str, names))
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
