"""What reached a trader from outside, read from its log: all that another run of it needs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from application.errors import InputError
from domain import events as e
from domain.instant import CANDLE
from domain.market.candle_series import CandleSeries
from domain.tuning.in_force import STREAM as PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from application.errors import OutsideError
    from application.ports.event_store import EventStore
    from domain.market.candle_series import BoolArray
    from domain.money import Jpy

FEEDS: Final = (e.MarketContextCollected, e.SentimentScored)
MOMENTUM: Final = "momentum"


@attrs.frozen(slots=True, weakref_slot=False)
class AnalysisAsked:
    """Why an analysis was asked for, and what the model said for it, by pair."""

    reason: str
    forecasts: Mapping[str, e.ForecastReading]


@attrs.frozen(kw_only=True)
class RecordedInputs:
    """Inputs by the tick (ms) at which they were known; yen for a USDT by when that was quoted.

    `given` are commits of the feeds and of changed parameters, in the log's order. `jpy` is what
    the account held before the first order, None where none was sent.
    """

    candles: Mapping[int, Sequence[e.Candle]]
    series: Mapping[str, CandleSeries]
    given: Sequence[e.Commit]
    analyses: Mapping[int, AnalysisAsked]
    quotes: Sequence[tuple[int, float]]
    jpy: Jpy | None

    @cached_property
    def start(self) -> int:
        """The first tick (ms)."""
        return min(self.candles)

    @cached_property
    def end(self) -> int:
        """The last one."""
        return max(self.candles)

    @property
    def is_in_time(self) -> bool:
        """Whether every candle since the first tick was known at its own close."""
        return all(
            one.open_time + CANDLE == tick
            for tick, arrived in self.candles.items()
            for one in arrived
            if one.open_time + CANDLE >= self.start
        )

    def due(self) -> Mapping[str, BoolArray]:
        """By pair, the candles at whose close an analysis was made."""
        ticks = np.fromiter(self.analyses, np.int64)
        return {
            pair: np.isin(one.open_time + CANDLE, ticks) for pair, one in self.series.items()
        }


async def recorded_inputs(store: EventStore) -> RecordedInputs:
    """Read a whole log. Raises InputError for one without prices, Broken for a damaged one."""
    reader = _Reader()
    async for _, commit in store.read_all():
        reader.see(commit)
    return reader.inputs()


class _Reader:
    """Is shown every commit, in the log's order."""

    def __init__(self) -> None:
        self._candles: dict[int, list[e.Candle]] = {}
        self._newest: dict[str, float] = {}
        self._given: list[e.Commit] = []
        self._reasons: dict[int, str] = {}
        self._forecasts: dict[int, dict[str, e.ForecastReading]] = {}
        self._ticks: dict[str, int] = {}
        self._quotes: list[tuple[int, float]] = []
        self._jpy: Jpy | None = None

    def see(self, commit: e.Commit) -> None:
        """One more commit."""
        tick = -(-commit.at // CANDLE) * CANDLE
        kind = commit.stream.partition("/")[0]
        if kind == "ticks":
            self._prices(tick, commit.events)
        elif commit.stream == PARAMETERS:
            self._given.append(commit)
        elif kind == "feeds":
            known = tuple(one for one in commit.events if isinstance(one, FEEDS))
            if known:
                self._given.append(attrs.evolve(commit, events=known))
        elif kind == "analysis":
            self._analysis(commit.events)
        elif kind == "order":
            for event in commit.events:
                if isinstance(event, e.OrderSubmitting):
                    self._quoted(event)

    def _prices(self, tick: int, events: Sequence[e.Event]) -> None:
        for event in events:
            if isinstance(event, e.PriceCollected):
                self._candles.setdefault(tick, []).append(event.candle)
                self._newest[event.candle.pair] = event.candle.close
            elif isinstance(event, e.AnalysisTriggered):
                self._reasons[tick] = event.reason
                self._ticks[event.analysis] = tick

    def _analysis(self, events: Sequence[e.Event]) -> None:
        for event in events:
            if not isinstance(event, e.SignalScored) or event.forecast is None:
                continue
            tick = self._ticks.get(event.analysis)
            if tick is not None and event.forecast.source != MOMENTUM:
                self._forecasts.setdefault(tick, {})[event.pair] = event.forecast

    def _quoted(self, event: e.OrderSubmitting) -> None:
        if self._jpy is None:
            self._jpy = event.jpy_free + event.jpy_reserved
        usdt = self._newest.get(event.pair)
        if usdt:
            middle = (event.bid.amount + event.ask.amount) / 2
            self._quotes.append((event.sent_at, float(middle) / usdt))

    def inputs(self) -> RecordedInputs:
        """All of it. Raises InputError for a log without prices."""
        if not self._candles:
            raise InputError("there are no prices on the log: nothing can be run again")
        return RecordedInputs(
            candles=self._candles,
            series=_series(self._candles),
            given=self._given,
            analyses={
                tick: AnalysisAsked(reason, self._forecasts.get(tick, {}))
                for tick, reason in self._reasons.items()
            },
            quotes=self._quotes,
            jpy=self._jpy,
        )


def _series(candles: Mapping[int, Sequence[e.Candle]]) -> dict[str, CandleSeries]:
    pairs: dict[str, dict[int, e.Candle]] = {}
    for arrived in candles.values():
        for one in arrived:
            pairs.setdefault(one.pair, {})[one.open_time] = one
    found = {}
    for pair, by_time in pairs.items():
        rows = [by_time[at] for at in sorted(by_time)]
        columns = (
            np.array([getattr(one, name) for one in rows])
            for name in ("open", "high", "low", "close", "volume")
        )
        times = np.array([one.open_time for one in rows], dtype=np.int64)
        found[pair] = CandleSeries(pair, times, *columns)
    return found


class ArrivedMarketData:
    """Candles again at the ticks at which they came the first time."""

    def __init__(self, candles: Mapping[int, Sequence[e.Candle]]) -> None:
        self._ticks = iter(sorted(candles.items()))
        self._next = next(self._ticks, None)

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[e.Candle] | OutsideError]:
        """What has come since it was last asked (ms)."""
        found: dict[str, list[e.Candle]] = {pair: [] for pair in after}
        while self._next is not None and self._next[0] <= now:
            for one in self._next[1]:
                if one.pair in found and one.open_time > after[one.pair]:
                    found[one.pair].append(one)
            self._next = next(self._ticks, None)
        return found
