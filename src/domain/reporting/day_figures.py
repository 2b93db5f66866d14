"""Everything that the log itself says about a day, and how it was got from there."""

from typing import Final

import attrs

from domain.events import MarketReading
from domain.instant import DAY
from domain.money import Jpy
from domain.reporting.closed_trades import ClosedTrade
from domain.reporting.report_day import ReportDay
from domain.reporting.window_figures import Counts, SignalFigures, TradeFigures
from domain.trading.position import OpenPosition

WINDOWS: Final = (("24h", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY))
"""What is looked back on from the end of the day: name and length (ms)."""
SERIES_DAYS: Final = 30
"""Days of the row of daily results."""


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class WindowFigures:
    """One window that ends with the day (ms).

    `buys` and `sells` are orders that traded, `fees` theirs in JPY. `decisions` are analyses by
    outcome, `declined` coins left alone by guard, `refused` orders by guard, `failures`
    collections that gave nothing by source.
    """

    name: str
    start: int
    end: int
    trades: TradeFigures
    signals: SignalFigures
    analyses: int
    decisions: Counts
    declined: Counts
    buys: int
    sells: int
    fees: Jpy
    refused: Counts
    in_doubt: int
    failures: Counts
    breaker_trips: int


@attrs.frozen(slots=True, weakref_slot=False)
class DayResult:
    """One of the days up to the report's: closed trades, JPY after fees.

    `equity` is the account's value as it was published at the end of that day, None if none was.
    """

    day: str
    closed: int
    gain: Jpy
    equity: Jpy | None


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class MonthFigures:
    """The month up to the end of the day; `news_calls` are of the news plan, None if none is known.

    `fees` and `gain` in JPY.
    """

    month: str
    fees: Jpy
    gain: Jpy
    news_calls: int | None


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class DayFigures:
    """What the log says about a day. Positions, market and breaker as they stood at its end.

    `closed` are the trades of the day itself. `events` counts those recorded in it. `is_complete`
    is False when the log ends before the day does. `contradictions` counts events that cannot
    have happened after the ones before them; the figures leave them out and an audit names them.
    """

    day: ReportDay
    is_complete: bool
    events: int
    windows: tuple[WindowFigures, ...]
    closed: tuple[ClosedTrade, ...]
    days: tuple[DayResult, ...]
    month: MonthFigures
    positions: tuple[OpenPosition, ...]
    market: MarketReading | None
    market_at: int | None
    breaker_open: bool
    contradictions: int

    @property
    def last_24h(self) -> WindowFigures:
        """The day itself."""
        return self.windows[0]
