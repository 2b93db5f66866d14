"""The log of a run read once: round trips with the reason for each, orders, costs, scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from domain.events import (
    CircuitBreakerTripped,
    DecisionMade,
    OrderExpired,
    OrderFilled,
    OrderRefused,
    OrderRequested,
    OrderSubmitting,
    PeakRaised,
    PositionClosed,
    PositionEvent,
    PositionOpened,
    PositionReduced,
    Side,
    SignalScored,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from entrypoints.backtest.round_trip import OrderTrail, RoundTrip
from entrypoints.backtest.score_samples import ScoreSampler, ScoreSamples

if TYPE_CHECKING:
    from application.ports.event_store import EventStore
    from domain.events import Commit, OrderEvent

ORDER_STATES: Mapping[str, str] = {
    "OrderRequested": "requested",
    "OrderSubmitting": "submitting",
    "OrderPlaced": "placed",
    "OrderInDoubt": "in_doubt",
    "OrderFillReceived": "partly_filled",
    "OrderFilled": "filled",
    "OrderExpired": "expired",
    "OrderRefused": "refused",
}


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class TradeBook:
    """What the log says about trading. Counts by name; JPY.

    `spread` is half of (ask - bid) per coin traded, `slippage` what fills were worse than that
    (negative: better); together they are the fills against the middle of the quotes.
    `refused` counts orders by the guard that stopped them, `declined` the pairs that an
    analysis considered and left alone, by guard.
    """

    trips: tuple[RoundTrip, ...]
    orders: Mapping[str, int]
    refused: Mapping[str, int]
    declined: Mapping[str, int]
    decisions: Mapping[str, int]
    breaker_trips: int
    fees: float
    spread: float
    slippage: float
    turnover: float
    samples: Mapping[str, ScoreSamples]

    @property
    def closed(self) -> tuple[RoundTrip, ...]:
        """Round trips that ended, in the order that they were opened."""
        return tuple(one for one in self.trips if one.closed_at is not None)

    @property
    def open(self) -> tuple[RoundTrip, ...]:
        """Positions still held at the end."""
        return tuple(one for one in self.trips if one.closed_at is None)


async def read_trades(store: EventStore) -> TradeBook:
    """Fold the whole log once; works on a log that stops anywhere."""
    fold = _Fold()
    async for _, commit in store.read_all():
        fold.add(commit)
    return fold.book()


@attrs.define(slots=True)
class _Order:
    """An order on its way."""

    requested: OrderRequested
    sent_at: int = 0
    submitting: OrderSubmitting | None = None
    trail: OrderTrail | None = None


@attrs.define(slots=True)
class _Position:
    """A position on its way."""

    opened: PositionOpened
    peak: float
    stops: list[tuple[int, float, float]]
    seen: float | None = None
    proceeds: float = 0.0
    sold: float = 0.0
    closed: PositionClosed | None = None


class _Fold:
    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._orders: dict[str, _Order] = {}
        self._positions: dict[str, _Position] = {}
        self._reasons: dict[str, tuple[SignalScored | None, float]] = {}
        self._refused: Counter[str] = Counter()
        self._declined: Counter[str] = Counter()
        self._decisions: Counter[str] = Counter()
        self._sampler = ScoreSampler()
        self._breaker_trips = 0
        self._fees = self._spread = self._slippage = self._turnover = 0.0

    def add(self, commit: Commit) -> None:
        # ticks and feeds are nearly the whole log: the stream's name tells them apart cheaply
        kind = commit.stream.partition("/")[0]
        if kind == "analysis":
            self._analysis(commit)
        elif kind == "order":
            for event in commit.events:
                self._order(event, commit.at)  # type: ignore[arg-type]
        elif kind == "position":
            for event in commit.events:
                self._position(event, commit.at)  # type: ignore[arg-type]
        elif kind == "breaker":
            self._breaker_trips += sum(
                isinstance(event, CircuitBreakerTripped) for event in commit.events
            )

    def _analysis(self, commit: Commit) -> None:
        events = commit.events
        self._sampler.add(commit.at, events)
        for decision in events:
            if not isinstance(decision, DecisionMade):
                continue
            self._decisions[decision.action.value] += 1
            for refusal in decision.refused:
                self._declined[refusal.guard] += 1
            for trade in decision.trades:
                signal = next(
                    (
                        one
                        for one in events
                        if isinstance(one, SignalScored) and one.pair == trade.pair
                    ),
                    None,
                )
                self._reasons[trade.order] = (signal, trade.threshold)

    def _order(self, event: OrderEvent, at: int) -> None:
        self._states[event.order] = ORDER_STATES.get(type(event).__name__, "unknown")
        if isinstance(event, OrderRequested):
            self._orders[event.order] = _Order(event)
        elif isinstance(event, OrderRefused):
            self._refused[event.guard] += 1
        elif isinstance(event, OrderSubmitting) and event.order in self._orders:
            order = self._orders[event.order]
            order.submitting, order.sent_at = event, at
        elif isinstance(event, OrderFilled | OrderExpired) and event.quantity:
            self._filled(event)

    def _filled(self, event: OrderFilled | OrderExpired) -> None:
        funds, fee, filled = (
            float(event.funds.amount),
            float(event.fee.amount),
            float(event.quantity),
        )
        self._turnover += funds
        self._fees += fee
        order = self._orders.get(event.order)
        if order is None or order.submitting is None:
            return
        sent = order.submitting
        bid, ask = float(sent.bid.amount), float(sent.ask.amount)
        worth = filled * (bid + ask) / 2
        lost = funds - worth if event.side is Side.BUY else worth - funds
        half_spread = filled * (ask - bid) / 2
        self._spread += half_spread
        self._slippage += lost - half_spread
        order.trail = OrderTrail(
            order=event.order,
            origin=order.requested.origin,
            asked_at=order.requested.asked_at,
            sent_at=order.sent_at,
            amount=None if sent.amount is None else float(sent.amount.amount),
            quantity=None if sent.quantity is None else float(sent.quantity),
            bid=bid,
            ask=ask,
            price=funds / filled,
            filled=filled,
            funds=funds,
            fee=fee,
            sizing=sent.sizing,
        )

    def _position(self, event: PositionEvent, at: int) -> None:
        if isinstance(event, PositionOpened):
            first_stop = (event.opened_at, float(event.stop.amount), 0.0)
            self._positions[event.position] = _Position(
                event, float(event.entry.amount), [first_stop]
            )
            return
        held = self._positions.get(event.position)
        if held is None:
            return
        if isinstance(event, PeakRaised):
            held.peak = float(event.peak.amount)
        elif isinstance(event, TrailingStopRaised):
            held.stops.append((at, float(event.stop.amount), event.peak_gain_pct))
        elif isinstance(event, StopLossHit | TakeProfitHit):
            held.seen = float(event.price.amount)
        elif isinstance(event, PositionReduced | PositionClosed):
            held.proceeds += float(event.proceeds.amount)
            held.sold += float(event.quantity)
            if isinstance(event, PositionClosed):
                held.closed = event

    def _trip(self, held: _Position) -> RoundTrip:
        opened, closed = held.opened, held.closed
        buy = self._orders.get(opened.order)
        sell = self._orders.get(closed.order) if closed else None
        trail = sell.trail if sell else None
        signal, threshold = self._reasons.get(opened.order, (None, None))
        exit_signal, exit_threshold = self._reasons.get(
            closed.order if closed else "", (None, None)
        )
        sizing = buy.submitting.sizing if buy and buy.submitting else None
        reason = closed.reason.value if closed else None
        exit_price = float(closed.exit.amount) if closed else None
        stop = held.stops[-1][1]
        sold_at = trail.price if trail else exit_price
        gapped = reason == "stop_loss" and stop and sold_at is not None
        return RoundTrip(
            position=opened.position,
            pair=opened.pair,
            opened_at=opened.opened_at,
            closed_at=closed.closed_at if closed else None,
            quantity=float(opened.quantity),
            entry=float(opened.entry.amount),
            exit=exit_price,
            cost=float(opened.cost.amount),
            proceeds=held.proceeds,
            gain=float(closed.gain.amount) if closed else None,
            gain_pct=closed.gain_pct if closed else None,
            reason=reason,
            buy_order=opened.order,
            sell_order=closed.order if closed else None,
            peak=held.peak,
            stop=stop,
            take_profit=float(opened.take_profit.amount),
            stops=tuple(held.stops),
            score=buy.requested.score if buy else None,
            threshold=threshold,
            method=sizing.method if sizing else None,
            fraction=sizing.fraction if sizing else None,
            seen=held.seen if reason in ("stop_loss", "take_profit") else None,
            gap_pct=(sold_at / stop - 1) * 100 if gapped and sold_at is not None else None,
            sold=held.sold,
            dust=float(closed.dust) if closed else 0.0,
            buy=buy.trail if buy else None,
            sell=trail,
            signal=signal,
            exit_signal=exit_signal,
            exit_threshold=exit_threshold,
        )

    def book(self) -> TradeBook:
        trips = sorted(map(self._trip, self._positions.values()), key=_when)
        return TradeBook(
            trips=tuple(trips),
            orders=dict(Counter(self._states.values()).most_common()),
            refused=dict(self._refused.most_common()),
            declined=dict(self._declined.most_common()),
            decisions=dict(self._decisions.most_common()),
            breaker_trips=self._breaker_trips,
            fees=self._fees,
            spread=self._spread,
            slippage=self._slippage,
            turnover=self._turnover,
            samples=self._sampler.samples(),
        )


def _when(trip: RoundTrip) -> tuple[int, str]:
    return trip.opened_at, trip.position
