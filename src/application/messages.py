"""What a human is told, as facts: no words of any language, no layout of any channel."""

import attrs

from domain.events import (
    Action,
    ChosenTrade,
    CircuitBreakerReset,
    CircuitBreakerTripped,
    Components,
    EntryDisbelieved,
    MarketReading,
    OrderAbandoned,
    OrderAdopted,
    OrderFilled,
    OrderInDoubt,
    OrderProvenAbsent,
    OrderQuarantined,
    ParametersChanged,
    ParametersRolledBack,
    PositionClosed,
    PositionWrittenOff,
    Refusal,
    StopLossHit,
    TakeProfitHit,
    Thresholds,
    TrailingStopRaised,
    Weights,
)
from domain.money import Jpy
from domain.quick import quickly_made
from domain.trading.position import OpenPosition

ToldEvent = (
    OrderFilled
    | PositionClosed
    | PositionWrittenOff
    | StopLossHit
    | TakeProfitHit
    | TrailingStopRaised
    | OrderInDoubt
    | OrderAdopted
    | OrderProvenAbsent
    | OrderQuarantined
    | OrderAbandoned
    | EntryDisbelieved
    | CircuitBreakerTripped
    | CircuitBreakerReset
    | ParametersChanged
    | ParametersRolledBack
)
"""Events that a human hears of as they are."""


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Happened:
    """An event that a human hears of, and when it was recorded (ms)."""

    event: ToldEvent
    at: int


@attrs.frozen(slots=True, weakref_slot=False)
class RankedCoin:
    """One coin of a ranking: its total score and what it was made of."""

    pair: str
    name: str
    total: float
    components: Components
    weights: Weights
    adjustment: float


@attrs.frozen(slots=True, weakref_slot=False)
class HeldPosition:
    """An open position at a market price in JPY; None when no price could be had."""

    position: OpenPosition
    price: Jpy | None

    @property
    def gain(self) -> Jpy | None:
        """Unrealised JPY after what its sold parts brought, before any selling fee."""
        if self.price is None:
            return None
        held = self.position
        return self.price * held.quantity + held.proceeds - held.cost

    @property
    def gain_pct(self) -> float | None:
        """The unrealised gain in % of the cost; None without a price or a cost."""
        if self.gain is None or not self.position.cost.amount:
            return None
        return float(self.gain.per(self.position.cost)) * 100


@attrs.frozen(slots=True, weakref_slot=False)
class Ranking:
    """One analysis: all coins best first, what they were held against, and what was decided."""

    analysis: str
    at: int
    coins: tuple[RankedCoin, ...]
    thresholds: Thresholds
    market: MarketReading | None
    action: Action
    trades: tuple[ChosenTrade, ...]
    refused: tuple[Refusal, ...]
    positions: tuple[HeldPosition, ...]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class DailyReport:
    """A day in short. `day` as YYYY-MM-DD in Japan; `gain` after fees of what was closed, in JPY.

    `balanced` is the audit's verdict, `head` the digest of the log, `decisions` those of the day
    that were decided again and `equal` how many came out the same; `news_calls` of the month's
    plan. What is not known is None, and is not told.
    """

    day: str
    analyses: int
    buys: int
    sells: int
    wins: int
    losses: int
    gain: Jpy
    fees: Jpy
    equity: Jpy | None
    positions: tuple[HeldPosition, ...]
    market: MarketReading | None
    breaker_open: bool
    balanced: bool | None = None
    head: str | None = None
    decisions: int | None = None
    equal: int | None = None
    news_calls: int | None = None
    notes: tuple[str, ...] = ()


@attrs.frozen(slots=True, weakref_slot=False)
class ErrorSeen:
    """A part of the program logged an error at a time (ms)."""

    source: str
    detail: str
    at: int


@attrs.frozen(slots=True, weakref_slot=False)
class Trouble:
    """Something began to fail; it is tried again."""

    name: str
    detail: str


@attrs.frozen(slots=True, weakref_slot=False)
class AllClear:
    """Something that had failed works again."""

    name: str


@attrs.frozen(slots=True, weakref_slot=False)
class Plain:
    """Words as they are."""

    text: str


Message = Ranking | Happened | DailyReport | ErrorSeen | Trouble | AllClear | Plain
