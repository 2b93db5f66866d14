"""From events to rows: one small function per kind of event."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import attrs

from application.ports.read_models import Row, Table
from application.read_models.tables import (
    ANALYSIS_STATE,
    BREAKER,
    BREAKER_KEY,
    LAST_ANALYSIS,
    LAST_ANALYSIS_KEY,
    MARKET_CONTEXT,
    POSITIONS,
    PRICES,
    SENTIMENT,
    SIGNALS,
    TRADES,
    BreakerRow,
    LastAnalysisRow,
    MarketContextRow,
    OrderUnderWay,
    PositionRow,
    SentimentRow,
    SignalRow,
    TradeRow,
)
from domain import events as e
from domain.money import Jpy
from domain.quick import maker
from domain.strategy import circuit_breaker
from domain.trading import order as orders
from domain.trading import position as positions
from domain.trading.order import OrderState

R = TypeVar("R")
PriceCollected, SignalScored = e.PriceCollected, e.SignalScored
_signal_row, _position_row = maker(SignalRow), maker(PositionRow)


class StoredRows(Protocol):
    """All that a projection asks of the tables."""

    async def get(self, table: Table[R], partition: str, sort: int | str = "") -> R | None:
        """The row of a key, or None."""
        ...


class RowsAhead:
    """Reads a table as it will be after the rows that this append is going to write."""

    def __init__(self, tables: StoredRows, pending: list[Row]) -> None:
        self._tables = tables
        self.pending = pending

    async def get(self, table: Any, partition: str, sort: int | str = "") -> Any:
        """The pending row of a key, else the stored one, else None."""
        for other, row in reversed(self.pending):
            if other is table and table.partition(row) == partition and table.sort(row) == sort:
                return row
        return await self._tables.get(table, partition, sort)


Projection = Callable[[Any, e.Commit, int, RowsAhead], Awaitable[None]]


async def _sentiment(event: e.SentimentScored, commit: e.Commit, _: int, rows: RowsAhead) -> None:
    row = SentimentRow(event.pair, commit.at, event.score, event.articles)
    rows.pending.append((SENTIMENT, row))


async def _context(
    event: e.MarketContextCollected, commit: e.Commit, _: int, rows: RowsAhead
) -> None:
    rows.pending.append((MARKET_CONTEXT, MarketContextRow("global", commit.at, event)))


async def _triggered(event: e.AnalysisTriggered, commit: e.Commit, _: int, rows: RowsAhead) -> None:
    row = LastAnalysisRow(LAST_ANALYSIS_KEY, event.analysis, commit.at)
    rows.pending.append((LAST_ANALYSIS, row))


async def _requested(event: e.OrderRequested, _: e.Commit, __: int, rows: RowsAhead) -> None:
    row = OrderUnderWay(
        event.pair, event.order, event.side, OrderState.REQUESTED, False, None, False
    )
    rows.pending.append((ANALYSIS_STATE, row))


async def _order_moved(event: Any, _: e.Commit, __: int, rows: RowsAhead) -> OrderUnderWay | None:
    row: OrderUnderWay | None = await rows.get(ANALYSIS_STATE, event.pair)
    if row is None or row.order != event.order:
        return None  # the row tells of the newest order of a pair, and this is an older one
    state = orders.TRANSITIONS_TO[type(event)]
    exchange_id, hides_yen = row.exchange_id, False
    if isinstance(event, e.OrderPlaced | e.OrderAdopted):
        exchange_id = event.exchange_id
    elif isinstance(event, e.OrderLooked):
        hides_yen = bool(event.jpy_gap.amount)
    elif isinstance(event, e.OrderInDoubt | e.OrderQuarantined):
        hides_yen = True
    moved = OrderUnderWay(
        row.pair, row.order, row.side, state, state in orders.FINAL, exchange_id, hides_yen
    )
    rows.pending.append((ANALYSIS_STATE, moved))
    return moved


async def _order_step(event: Any, commit: e.Commit, version: int, rows: RowsAhead) -> None:
    await _order_moved(event, commit, version, rows)


async def _order_ended(
    event: e.OrderFilled | e.OrderExpired, commit: e.Commit, version: int, rows: RowsAhead
) -> None:
    moved = await _order_moved(event, commit, version, rows)
    if not event.quantity:
        return
    row = TradeRow(
        event.pair,
        commit.at,
        event.order,
        event.side,
        event.asked,
        event.quantity,
        Jpy(event.funds.amount / event.quantity),
        event.funds,
        event.fee,
        None,
        moved.exchange_id if moved is not None else None,
    )
    rows.pending.append((TRADES, row))


async def _position(event: Any, _: e.Commit, version: int, rows: RowsAhead) -> None:
    row = await rows.get(POSITIONS, event.pair, event.position)
    before = (row.open or row.closed) if row is not None else None
    after = positions.apply(before, event)
    held = after if isinstance(after, positions.OpenPosition) else None
    closed = after if isinstance(after, positions.ClosedPosition) else None
    rows.pending.append(
        (POSITIONS, _position_row(event.pair, event.position, version, held, closed))
    )


async def _position_closed(
    event: e.PositionClosed, commit: e.Commit, version: int, rows: RowsAhead
) -> None:
    await _position(event, commit, version, rows)
    trade = await rows.get(TRADES, event.pair, commit.at)
    if trade is not None:
        rows.pending.append((TRADES, attrs.evolve(trade, gain_pct=event.gain_pct)))
    row = await rows.get(BREAKER, BREAKER_KEY) or EMPTY_BREAKER
    breaker = circuit_breaker.after_close(row.breaker, event.closed_at, event.gain)
    rows.pending.append((BREAKER, BreakerRow(row.pair, row.version, breaker)))


async def _breaker(event: e.BreakerEvent, commit: e.Commit, version: int, rows: RowsAhead) -> None:
    row = await rows.get(BREAKER, BREAKER_KEY) or EMPTY_BREAKER
    breaker = circuit_breaker.apply(row.breaker, event, commit.at)
    rows.pending.append((BREAKER, BreakerRow(BREAKER_KEY, version, breaker)))


EMPTY_BREAKER = BreakerRow(BREAKER_KEY, 0, circuit_breaker.Breaker())

PROJECTIONS: dict[type[e.Event], Projection] = {
    e.SentimentScored: _sentiment,
    e.MarketContextCollected: _context,
    e.AnalysisTriggered: _triggered,
    e.OrderRequested: _requested,
    e.OrderSubmitting: _order_step,
    e.OrderPlaced: _order_step,
    e.OrderInDoubt: _order_step,
    e.OrderLooked: _order_step,
    e.OrderAdopted: _order_step,
    e.OrderProvenAbsent: _order_step,
    e.OrderQuarantined: _order_step,
    e.OrderReleased: _order_step,
    e.OrderAbandoned: _order_step,
    e.OrderExpired: _order_ended,
    e.OrderRefused: _order_step,
    e.OrderFilled: _order_ended,
    e.PositionOpened: _position,
    e.PeakRaised: _position,
    e.TrailingStopRaised: _position,
    e.PositionReduced: _position,
    e.PositionWrittenOff: _position,
    e.StopLossHit: _position,
    e.TakeProfitHit: _position,
    e.EntryDisbelieved: _position,
    e.PositionClosed: _position_closed,
    e.CircuitBreakerTripped: _breaker,
    e.CircuitBreakerReset: _breaker,
}
"""What each kind of event changes; PriceCollected and SignalScored are rows as they are."""


def rows_as_they_are(commits: Sequence[e.Commit]) -> list[Row] | None:
    """The rows of prices alone, by far the most commits; None where there is anything else."""
    if len(commits) != 1:
        return None
    events = commits[0].events
    if events[-1].__class__ is not PriceCollected:
        return None  # what is recorded beside prices comes after them
    rows: list[Row] = [(PRICES, one.candle) for one in events if one.__class__ is PriceCollected]
    return rows if len(rows) == len(events) else None


async def rows_of(commits: Sequence[e.Commit], tables: StoredRows) -> list[Row]:
    """The rows that these commits write, later ones seeing what earlier ones wrote."""
    ahead: RowsAhead | None = None
    pending: list[Row] = []
    for commit in commits:
        version = commit.version
        for event in commit.events:
            kind = event.__class__
            # prices come by the hundred thousand and signals by the ten thousand
            if kind is PriceCollected:
                pending.append((PRICES, event.candle))  # type: ignore[union-attr]
            elif kind is SignalScored:
                pending.append((SIGNALS, _signal_row(event.pair, commit.at, event)))  # type: ignore[union-attr,arg-type]
            elif (projection := PROJECTIONS.get(kind)) is not None:
                ahead = ahead or RowsAhead(tables, pending)
                await projection(event, commit, version, ahead)
            version += 1
    return pending
