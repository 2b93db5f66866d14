"""A recording traded again under other weights and thresholds, at one fixed stake.

The rules are the strategy's own: the score's sum, the decision, the stops. Left out, on both
sides of every comparison: sizing by past trades, the circuit breaker and the guards of an order;
they would let one early loss decide what all later days are worth.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import attrs

from domain.events import Action, StopLossHit, TakeProfitHit
from domain.instant import DAY
from domain.money import Jpy
from domain.parameters import StrategyParameters
from domain.scoring.total_score import weighted, weights_of
from domain.strategy.decide import Holding, Scored, decide
from domain.strategy.thresholds import scaled
from domain.trading.position import OpenPosition, apply
from domain.trading.position_exits import entry_levels, follow
from domain.tuning.recording import AnalysisSeen, Recording

COST: Final = 0.001
"""What each way costs, as a share of the price: half a spread of 0.1 % and 0.05 % slippage."""


@attrs.frozen(slots=True, weakref_slot=False)
class Played:
    """Profit and loss in JPY by day, positions at their price at midnight UTC; trades closed."""

    daily: tuple[float, ...]
    trades: int


@attrs.define(slots=True)
class _Held:
    """A position: the tick that it was bought after, and the one whose price ends it."""

    bought: int
    exit: int


class WhatIf:
    """Plays one recording as often as asked. What stops do does not depend on what is tuned.

    So the end of a position that was opened at the same tick is looked for once.
    """

    def __init__(self, recording: Recording, stake_jpy: float) -> None:
        self._recording = recording
        self._stake = stake_jpy
        self._exits: dict[tuple[str, int], int] = {}
        times = recording.times
        self._day_of = [at // DAY - recording.first_day for at in times]
        self._last_of_day = [
            at for at in range(len(times)) if at + 1 == len(times) or self._is_last(at)
        ]

    def _is_last(self, at: int) -> bool:
        return self._day_of[at + 1] != self._day_of[at]

    def play(self, p: StrategyParameters) -> Played:
        """Every analysis decided again by `p`, and what came of it."""
        recording, end = self._recording, len(self._recording.times) - 1
        daily = [0.0] * recording.days
        held: dict[str, _Held] = {}
        trades = 0
        for seen in recording.analyses:
            if seen.tick >= end:
                break
            busy = {}
            for pair in [pair for pair, one in held.items() if one.exit <= seen.tick]:
                one = held.pop(pair)
                self._book(daily, pair, one.bought, one.exit)
                trades += 1
                if one.exit == seen.tick:
                    busy[pair] = "leaving"  # at this very tick its order is under way
            sells, buys = self._decided(seen, held, busy, p)
            for pair in sells:
                one = held.pop(pair)
                self._book(daily, pair, one.bought, seen.tick)
                trades += 1
            for pair in buys:
                if not math.isnan(self._recording.closes[pair][seen.tick]):
                    held[pair] = _Held(seen.tick, self._exit(pair, seen.tick, p))
        for pair, one in held.items():
            self._book(daily, pair, one.bought, min(one.exit, end))
            trades += one.exit <= end
        return Played(tuple(daily), trades)

    def _decided(
        self,
        seen: AnalysisSeen,
        held: dict[str, _Held],
        busy: dict[str, str],
        p: StrategyParameters,
    ) -> tuple[Sequence[str], Sequence[str]]:
        """(pairs to sell, pairs to buy) by the strategy's own decision."""
        limits = scaled(seen.volatility, seen.fear_factor, p)
        buy, sell, fading = limits.buy, limits.sell, limits.sell * p.fading_factor
        totals = []
        matters = False
        for pair, one in seen.pairs:
            total = weighted(one.parts, weights_of(one.confidence, p), one.adjustment)
            totals.append(total)
            if pair in held:
                matters = matters or total <= (fading if one.is_fading else sell)
            elif total >= buy and one.is_buyable:
                matters = True
        if not matters:
            return (), ()  # most analyses: nothing is over or under its threshold
        scored = [
            Scored(pair, total, fading if one.is_fading else sell, one.is_buyable)
            for (pair, one), total in zip(seen.pairs, totals, strict=True)
        ]
        times = self._recording.times
        holdings = [Holding(pair, pair, times[one.bought]) for pair, one in held.items()]
        found = decide(scored, holdings, busy, limits, times[seen.tick], p)
        if found.action is Action.HOLD:
            return (), ()
        return [one.pair for one in found.sells], [one.pair for one in found.buys]

    def _price_after(self, pair: str, tick: int) -> float:
        """What an order sent at a tick is filled at: the next candle's open."""
        opens = self._recording.opens[pair]
        return opens[tick + 1] if tick + 1 < len(opens) else self._recording.closes[pair][tick]

    def _exit(self, pair: str, bought: int, p: StrategyParameters) -> int:
        """The tick at which a stop or the take-profit ends a position; past the end: none."""
        key = (pair, bought)
        found = self._exits.get(key)
        if found is None:
            found = self._exits[key] = self._walked(pair, bought, p)
        return found

    def _walked(self, pair: str, bought: int, p: StrategyParameters) -> int:
        closes = self._recording.closes[pair]
        held = _opened(pair, self._price_after(pair, bought), p)
        low, high = _calm(held)
        for at in range(bought + 1, len(closes)):
            price = closes[at]
            if low < price <= high:
                continue
            for event in follow(held, Jpy(Decimal(repr(price))), p):
                if isinstance(event, StopLossHit | TakeProfitHit):
                    return at
                after = apply(held, event)
                assert isinstance(after, OpenPosition)  # only a sale ends it
                held = after
            low, high = _calm(held)
        return len(closes)

    def _book(self, daily: list[float], pair: str, bought: int, sold: int) -> None:
        """Put a position's gain into the days in which it came about."""
        closes, stake = self._recording.closes[pair], self._stake
        entry = self._price_after(pair, bought) * (1.0 + COST)
        worth = stake
        first = bisect_right(self._last_of_day, bought)
        for at in self._last_of_day[first:]:
            if at >= sold:
                break
            now = stake * closes[at] / entry
            daily[self._day_of[at]] += now - worth
            worth = now
        end = stake * self._price_after(pair, sold) * (1.0 - COST) / entry
        daily[self._day_of[min(sold, len(closes) - 1)]] += end - worth


def _opened(pair: str, price: float, p: StrategyParameters) -> OpenPosition:
    entry = Jpy(Decimal(repr(price)))
    stop, take_profit = entry_levels(entry, p)
    return OpenPosition("", pair, Decimal(1), entry, entry, stop, take_profit, entry, 0)


def _calm(held: OpenPosition) -> tuple[float, float]:
    """Prices between which nothing happens to a position: over its stop, up to its peak."""
    near = 1e-12
    low, high = float(held.stop.amount), float(held.peak.amount)
    return low * (1.0 + near), high * (1.0 - near)
