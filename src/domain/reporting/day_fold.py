"""The log, commit by commit, folded into the figures of one day."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, cast

import attrs

from domain import events as e
from domain.errors import IllegalTransition
from domain.instant import DAY
from domain.money import Jpy
from domain.reporting.closed_trades import ClosedTrade, TradeMatcher
from domain.reporting.day_figures import (
    SERIES_DAYS,
    WINDOWS,
    DayFigures,
    DayResult,
    MonthFigures,
    WindowFigures,
)
from domain.reporting.report_day import ReportDay
from domain.reporting.window_figures import (
    ScoreSample,
    counted,
    signal_figures,
    total_gain,
    trade_figures,
)
from domain.trading import position as positions
from domain.trading.books import EXACT
from domain.trading.position import OpenPosition

REACH: Final = 31 * DAY
"""How far back anything counts: the longest window, and the longest month (ms)."""


@attrs.frozen(slots=True, weakref_slot=False)
class _Happened:
    """Something that windows count: what kind of thing, and which of its kind."""

    at: int
    kind: str
    name: str


@attrs.frozen(slots=True, weakref_slot=False)
class _Fee:
    at: int
    amount: Decimal


class DayFold:
    """Is fed all commits of a log up to the end of the day, in their order, and later ones too.

    Memory grows with the last month's signals and the open positions, not with the log.
    """

    def __init__(self, day: ReportDay) -> None:
        self._day = day
        self._since = min(day.end - REACH, day.month_start)
        self._matcher = TradeMatcher()
        self._trades: list[ClosedTrade] = []
        self._samples: list[ScoreSample] = []
        self._happened: list[_Happened] = []
        self._fees: list[_Fee] = []
        self._held: dict[str, OpenPosition] = {}
        self._market: tuple[int, e.MarketReading | None] | None = None
        self._equity: dict[str, Jpy | None] = {}
        self._news_calls: int | None = None
        self._breaker_open = False
        self._events = 0
        self._contradictions = 0
        self._first: int | None = None
        self._is_complete = False
        self._readers: dict[str, Callable[[e.Commit], None]] = {
            "ticks": self._collected,
            "feeds": self._collected,
            "analysis": self._analysed,
            "order": self._traded,
            "position": self._moved,
            "breaker": self._breaker,
            "reports": self._published,
        }

    def add(self, commit: e.Commit) -> None:
        """One more commit; those of the day's end and later say only that it is complete."""
        at = commit.at
        if at >= self._day.end:
            self._is_complete = True
            if commit.stream == "reports":
                self._published(commit)
            return
        self._first = at if self._first is None else min(at, self._first)
        if at >= self._day.start:
            self._events += len(commit.events)
        read = self._readers.get(commit.stream.partition("/")[0])
        if read is not None:
            read(commit)

    def _collected(self, commit: e.Commit) -> None:
        for event in commit.events:
            if isinstance(event, e.CollectionFailed):
                self._note(commit.at, "failure", event.source)
            elif isinstance(event, e.NewsCallsMade) and event.month == self._day.month:
                self._news_calls = event.of_month

    def _analysed(self, commit: e.Commit) -> None:
        at = commit.at
        if at < self._since:
            return
        for event in commit.events:
            if isinstance(event, e.SignalScored):
                parts = event.components
                self._samples.append(
                    ScoreSample(
                        at,
                        event.total,
                        (parts.technical, parts.forecast, parts.sentiment, parts.market),
                    )
                )
                self._market = at, event.market
            elif isinstance(event, e.DecisionMade):
                self._note(at, "decision", event.action)
                for one in event.refused:
                    self._note(at, "declined", one.guard)

    def _traded(self, commit: e.Commit) -> None:
        for event in commit.events:
            self._order(cast("e.OrderEvent", event), commit.at)

    def _moved(self, commit: e.Commit) -> None:
        for event in commit.events:
            self._position(cast("e.PositionEvent", event), commit.at)

    def _order(self, event: e.OrderEvent, at: int) -> None:
        self._matcher.order(event, at)
        if isinstance(event, e.OrderRefused):
            self._note(at, "refused", event.guard)
        elif isinstance(event, e.OrderInDoubt):
            self._note(at, "in_doubt", event.pair)
        elif isinstance(event, e.OrderFilled | e.OrderExpired) and event.quantity:
            self._note(at, "traded", event.side)
            if at >= self._since:
                self._fees.append(_Fee(at, event.fee.amount))

    def _position(self, event: e.PositionEvent, at: int) -> None:
        try:
            after = positions.apply(self._held.get(event.position), event)
        except IllegalTransition:
            self._contradictions += 1
            return
        if isinstance(after, OpenPosition):
            self._held[event.position] = after
        else:
            self._held.pop(event.position, None)
        trade = self._matcher.position(event, at)
        if trade is not None and at >= self._since:
            self._trades.append(trade)

    def _breaker(self, commit: e.Commit) -> None:
        for event in commit.events:
            self._breaker_open = isinstance(event, e.CircuitBreakerTripped)
            if self._breaker_open:
                self._note(commit.at, "breaker", "")

    def _published(self, commit: e.Commit) -> None:
        for event in commit.events:
            if isinstance(event, e.DailyReportPublished):
                self._equity[event.day] = event.equity

    def _note(self, at: int, kind: str, name: str) -> None:
        if at >= self._since:
            self._happened.append(_Happened(at, kind, str(name)))

    def figures(self) -> DayFigures:
        """The figures after the commits so far."""
        day = self._day
        at, market = self._market or (None, None)
        if at is not None and at < day.start:
            at, market = None, None  # what is older than the day says nothing about it
        held = sorted(self._held.values(), key=lambda one: (one.opened_at, one.position))
        return DayFigures(
            day=day,
            is_complete=self._is_complete,
            events=self._events,
            windows=tuple(self._window(name, length) for name, length in WINDOWS),
            closed=tuple(self._trades_since(day.start)),
            days=tuple(self._days()),
            month=MonthFigures(
                month=day.month,
                fees=self._fees_since(day.month_start),
                gain=total_gain(self._trades_since(day.month_start)),
                news_calls=self._news_calls,
            ),
            positions=tuple(held),
            market=market,
            market_at=at,
            breaker_open=self._breaker_open,
            contradictions=self._contradictions,
        )

    def _trades_since(self, start: int) -> list[ClosedTrade]:
        return [one for one in self._trades if one.recorded_at >= start]

    def _fees_since(self, start: int) -> Jpy:
        total = Decimal(0)
        for one in self._fees:
            if one.at >= start:
                total = EXACT.add(total, one.amount)
        return Jpy(total)

    def _window(self, name: str, length: int) -> WindowFigures:
        start = self._day.end - length
        names: dict[str, Counter[str]] = {}
        for one in self._happened:
            if one.at >= start:
                names.setdefault(one.kind, Counter())[one.name] += 1

        def of(kind: str) -> Counter[str]:
            return names.get(kind, Counter())

        return WindowFigures(
            name=name,
            start=start,
            end=self._day.end,
            trades=trade_figures(self._trades_since(start)),
            signals=signal_figures([one for one in self._samples if one.at >= start]),
            analyses=of("decision").total(),
            decisions=counted(of("decision").elements()),
            declined=counted(of("declined").elements()),
            buys=of("traded")[e.Side.BUY],
            sells=of("traded")[e.Side.SELL],
            fees=self._fees_since(start),
            refused=counted(of("refused").elements()),
            in_doubt=of("in_doubt").total(),
            failures=counted(of("failure").elements()),
            breaker_trips=of("breaker").total(),
        )

    def _days(self) -> Iterable[DayResult]:
        """From the log's first day on, at most SERIES_DAYS, oldest first."""
        for back in range(SERIES_DAYS - 1, -1, -1):
            day = self._day.earlier(back)
            if self._first is None or day.end <= self._first:
                continue
            trades = [one for one in self._trades if day.start <= one.recorded_at < day.end]
            yield DayResult(day.name, len(trades), total_gain(trades), self._equity.get(day.name))
