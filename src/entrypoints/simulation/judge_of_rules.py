"""Whether every decision followed from what was known, and every rule was kept."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from domain import events as e
from domain.instant import CANDLE, SECOND
from domain.trading.position import OpenPosition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.parameters import StrategyParameters
    from domain.trading.order import Order
    from entrypoints.simulation.findings import Findings
    from entrypoints.simulation.judge_of_orders import JudgeOfOrders

SCHEDULED = ("ticks", "feeds/", "breaker", "anchors", "reports", "errors/")
"""Streams whose events may follow from a schedule or a log line, not from another event."""


class JudgeOfRules:
    """Reads the log as a stranger would, with the true candles beside it."""

    def __init__(
        self,
        book: JudgeOfOrders,
        closes: Mapping[str, Mapping[int, float]],
        parameters: StrategyParameters,
        findings: Findings,
    ) -> None:
        self._book = book
        self._closes = closes
        self._p = parameters
        self._findings = findings
        self._versions: dict[str, int] = {}
        self._signals: dict[tuple[str, str], e.SignalScored] = {}
        self._hits: set[str] = set()
        self._tripped = False
        self._mood: tuple[int, e.MarketContextCollected] | None = None
        self.requested: set[tuple[str, int]] = set()

    def see_envelope(self, commit: e.Commit) -> None:
        """One more commit of the log, before its events."""
        expected = self._versions.get(commit.stream, 0) + 1
        if commit.version != expected:
            self._add("I6", commit, f"{commit.stream} goes from {expected - 1} to {commit.version}")
        self._versions[commit.stream] = commit.last_version
        self._cause(commit)

    def _add(self, invariant: str, commit: e.Commit, text: str) -> None:
        self._findings.add(invariant, commit.at, text)

    def _cause(self, commit: e.Commit) -> None:
        if not commit.causation:
            if not commit.stream.startswith(SCHEDULED):
                self._add("I6", commit, f"{commit.stream}@{commit.version} names no cause")
            return
        stream, _, version = commit.causation.rpartition("@")
        if int(version) > self._versions.get(stream, 0):
            self._add("I6", commit, f"{commit.stream}: its cause {commit.causation} is not there")

    def see(self, event: e.Event, commit: e.Commit) -> None:
        """One more event, after the orders' own judge has folded it."""
        match event:
            case e.PriceCollected():
                self._candle(event.candle, commit)
            case e.MarketContextCollected():
                self._mood = (commit.at, event)
            case e.SignalScored():
                self._signal(event, commit)
            case e.StopLossHit() | e.TakeProfitHit():
                self._hit(event, commit)
            case e.CircuitBreakerTripped() | e.CircuitBreakerReset():
                self._tripped = isinstance(event, e.CircuitBreakerTripped)
            case e.OrderRequested():
                self._requested(event, commit)
            case e.OrderSubmitting():
                self._sending(event, commit)
            case e.TrailingStopRaised():
                self._trailing(event, commit)
            case _:
                pass

    def _candle(self, candle: e.Candle, commit: e.Commit) -> None:
        """Incident 15: only candles that had closed, as they really were."""
        if candle.open_time + CANDLE > commit.at:
            self._add("I6", commit, f"{candle.pair}: a candle is stored before it has closed")
        elif self._closes[candle.pair].get(candle.open_time) != candle.close:
            self._add("I6", commit, f"{candle.pair}: a candle that never was: {candle}")

    def _signal(self, event: e.SignalScored, commit: e.Commit) -> None:
        """Missing is missing, and what is known is used."""
        self._signals[event.analysis, event.pair] = event
        if (event.technical is None) != (event.components.technical is None):
            self._add("I9", commit, f"{event.pair}: a technical component out of nothing")
        mood = event.market
        if mood is not None and (mood.funding_rate is None) != (mood.funding_score is None):
            self._add("I9", commit, f"{event.pair}: a funding score out of nothing")
        if self._mood is not None and mood is None:
            age = (commit.at - self._mood[0]) / SECOND
            if age <= self._p.context_age_max_s:
                self._add("I9", commit, f"{event.pair}: a mood {age:g} s old was not used")
        self._threshold(event, commit)

    def _threshold(self, event: e.SignalScored, commit: e.Commit) -> None:
        """Incident 10: extreme fear and greed raise the bar for buying."""
        p, limits = self._p, event.thresholds
        index = event.market.fear_greed if event.market is not None else None
        factor = 1.0
        if index is not None and index <= p.fear_extreme:
            factor = p.fear_factor
        elif index is not None and index >= p.greed_extreme:
            factor = p.greed_factor
        wanted = p.buy_threshold * limits.volatility * factor
        if abs(limits.buy - wanted) > 1e-9:
            self._add("I9", commit, f"buy threshold {limits.buy:g} where {wanted:g} was due")

    def _requested(self, event: e.OrderRequested, commit: e.Commit) -> None:
        self.requested.add((event.pair, event.asked_at))
        if event.origin.startswith("exit/"):
            if event.position not in self._hits:
                self._add("I6", commit, f"{event.order} descends from no stop or take-profit")
        elif (event.origin, event.pair) not in self._signals:
            self._add("I6", commit, f"{event.order} descends from no score")

    def _sending(self, event: e.OrderSubmitting, commit: e.Commit) -> None:
        order = self._book.orders.get(event.order)
        if order is None:
            return
        if order.side is e.Side.SELL:
            self._selling(order, commit)
        else:
            self._buying(event, order, commit)

    def _selling(self, order: Order, commit: e.Commit) -> None:
        """Incident 5: a signal sells nothing that was just bought."""
        held = self._book.positions.get(order.position or "")
        if order.reason is e.Reason.SIGNAL and isinstance(held, OpenPosition):
            held_s = (order.asked_at - held.opened_at) / SECOND
            if held_s < self._p.min_hold_s:
                self._add("I9", commit, f"{order.order} sells after {held_s:g} s")

    def _buying(self, event: e.OrderSubmitting, order: Order, commit: e.Commit) -> None:
        p = self._p
        signal = self._signals.get((order.origin, order.pair))
        if signal is not None and signal.technical is None:
            self._add("I9", commit, f"{event.order} buys without a technical score")
        if self._tripped:
            self._add("I9", commit, f"{event.order} buys with the breaker open")
        age = (commit.at - order.asked_at) / SECOND
        if age > p.signal_age_max_s + 10:
            self._add("I9", commit, f"{event.order} buys on a signal {age:g} s old")
        spread = (event.ask - event.bid).per(event.bid) * 100
        if float(spread) > p.spread_max_pct:
            self._add("I9", commit, f"{event.order} buys through a spread of {spread:.3f} %")
        amount = event.amount.amount if event.amount is not None else Decimal(0)
        if event.jpy_free.amount - amount < p.reserve_jpy:
            self._add("I9", commit, f"{event.order} spends the reserve")
        self._alone(event, commit)

    def _alone(self, event: e.OrderSubmitting, commit: e.Commit) -> None:
        if any(
            one.pair == event.pair and one.order != event.order
            for one in self._book.under_way.values()
        ):
            self._add("I9", commit, f"{event.order} is sent beside another order of {event.pair}")
        if any(one.pair == event.pair for one in self._book.open_positions()):
            self._add("I4", commit, f"{event.order} buys {event.pair}, which is held already")

    def _hit(self, event: e.StopLossHit | e.TakeProfitHit, commit: e.Commit) -> None:
        """A stop is hit at or under it, the safety valve at or over it."""
        self._hits.add(event.position)
        held = self._book.positions.get(event.position)
        if not isinstance(held, OpenPosition):
            return
        if isinstance(event, e.StopLossHit):
            if event.price > held.stop:
                self._add("I5", commit, f"{event.position} is left above its stop")
            return
        valve = held.entry * (1 + Decimal(repr(self._p.take_profit_pct)) / 100)
        if event.price < valve:
            text = f"{event.position} is left at {event.price.amount} JPY, under its safety valve"
            self._add("I8", commit, text)

    def _trailing(self, event: e.TrailingStopRaised, commit: e.Commit) -> None:
        """Incident 8: the tiers again, from the position's own peak."""
        held = self._book.positions.get(event.position)
        if not isinstance(held, OpenPosition):
            return
        p = self._p
        gain = float((held.peak.amount / held.entry.amount - 1) * 100)
        factor = p.trail_1_factor
        for limit, tier in (
            (p.trail_2_gain_pct, p.trail_2_factor),
            (p.trail_3_gain_pct, p.trail_3_factor),
            (p.trail_4_gain_pct, p.trail_4_factor),
        ):
            if gain >= limit:
                factor = tier
        wanted = max(
            held.peak.amount * Decimal(repr(factor)),
            held.entry.amount * Decimal(repr(p.breakeven_factor)),
        )
        if event.stop.amount != wanted:
            text = f"{event.position}: stop {event.stop.amount} at +{gain:.2f} %, {wanted} was due"
            self._add("I8", commit, text)
