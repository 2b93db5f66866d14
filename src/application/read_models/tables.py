"""Row type, key and lifetime of every table, shared by writers, readers and the cloud stack."""

from decimal import Decimal
from operator import attrgetter
from typing import Any

import attrs

from application.ports.read_models import Table
from domain.events import Candle, MarketContextCollected, Side, SignalScored
from domain.instant import DAY
from domain.money import Jpy
from domain.quick import quickly_made
from domain.strategy.circuit_breaker import Breaker
from domain.trading.position import ClosedPosition, OpenPosition


@attrs.frozen(slots=True, weakref_slot=False)
class SentimentRow:
    """Sentiment of a pair (0..1) at a time (ms)."""

    pair: str
    timestamp: int
    score: float
    articles: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class SignalRow:
    """The whole signal of a pair at a time (ms)."""

    pair: str
    timestamp: int
    signal: SignalScored


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PositionRow:
    """A position as its stream stands at `version`: open (and flagged) or closed."""

    pair: str
    position_id: str
    version: int
    open: OpenPosition | None
    closed: ClosedPosition | None


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class TradeRow:
    """A finished order that filled, at a time (ms); `asked` is the amount or quantity sent.

    `gain_pct` is set on the sell that closed a position: in % of its cost.
    """

    pair: str
    timestamp: int
    order: str
    side: Side
    asked: Decimal
    quantity: Decimal
    price: Jpy
    funds: Jpy
    fee: Jpy
    gain_pct: float | None
    exchange_id: str | None


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OrderUnderWay:
    """The newest order of a pair; flagged until it ends. `state` as in OrderState.

    `hides_yen` while it is in doubt and yen may have moved that no fill explains.
    """

    pair: str
    order: str
    side: Side
    state: str
    final: bool
    exchange_id: str | None
    hides_yen: bool


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class LastAnalysisRow:
    """When all pairs were last analysed (ms)."""

    pair: str
    analysis: str
    analysed_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class BreakerRow:
    """The circuit breaker as its stream stands at `version`."""

    pair: str
    version: int
    breaker: Breaker


@attrs.frozen(slots=True, weakref_slot=False)
class MarketContextRow:
    """One reading of the market's mood at a time (ms)."""

    context_type: str
    timestamp: int
    reading: MarketContextCollected


def _no_sort(_: object) -> str:
    return ""


_pair = attrgetter("pair")
_timestamp = attrgetter("timestamp")

PRICES: Table[Candle] = Table(
    "prices", Candle, "pair", "timestamp", _pair, attrgetter("open_time"), 14 * DAY
)
SENTIMENT: Table[SentimentRow] = Table(
    "sentiment", SentimentRow, "pair", "timestamp", _pair, _timestamp, 14 * DAY
)
SIGNALS: Table[SignalRow] = Table(
    "signals", SignalRow, "pair", "timestamp", _pair, _timestamp, 90 * DAY
)
POSITIONS: Table[PositionRow] = Table(
    "positions",
    PositionRow,
    "pair",
    "position_id",
    _pair,
    attrgetter("position_id"),
    None,
    flag=lambda row: row.open is not None,
)
TRADES: Table[TradeRow] = Table(
    "trades", TradeRow, "pair", "timestamp", _pair, _timestamp, 90 * DAY
)
ANALYSIS_STATE: Table[OrderUnderWay] = Table(
    "analysis_state",
    OrderUnderWay,
    "pair",
    None,
    _pair,
    _no_sort,
    None,
    flag=lambda row: not row.final,
)
# two more kinds of rows share the owner's analysis_state table, under keys that no pair has
LAST_ANALYSIS: Table[LastAnalysisRow] = Table(
    "analysis_state.last", LastAnalysisRow, "pair", None, _pair, _no_sort, None
)
LAST_ANALYSIS_KEY = "#all"
BREAKER: Table[BreakerRow] = Table(
    "analysis_state.breaker", BreakerRow, "pair", None, _pair, _no_sort, None
)
BREAKER_KEY = "#breaker"
MARKET_CONTEXT: Table[MarketContextRow] = Table(
    "market-context",
    MarketContextRow,
    "context_type",
    "timestamp",
    attrgetter("context_type"),
    _timestamp,
    14 * DAY,
)

TABLES: tuple[Table[Any], ...] = (
    PRICES,
    SENTIMENT,
    SIGNALS,
    POSITIONS,
    TRADES,
    ANALYSIS_STATE,
    LAST_ANALYSIS,
    BREAKER,
    MARKET_CONTEXT,
)
"""Every table; names after a dot share the physical table before it."""
