"""What can happen to an order and to a position. Yen are Jpy, quantities coins."""

from decimal import Decimal
from enum import StrEnum

import attrs

from domain.money import Jpy
from domain.quick import quickly_made


class Side(StrEnum):
    """Direction of an order."""

    BUY = "buy"
    SELL = "sell"


class Reason(StrEnum):
    """Why an order was asked for, or a position ended."""

    SIGNAL = "signal"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    WRITTEN_OFF = "written_off"


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OrderRequested:
    """Somebody decided on a trade. `origin` is the analysis or exit it descends from.

    A sell names its `position`; a buy is sized later, when it is executed, from `score`.
    `asked_at` (ms) is the tick that it was decided on.
    """

    order: str
    pair: str
    side: Side
    reason: Reason
    origin: str
    score: float | None
    position: str | None
    asked_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Sizing:
    """How a buy got its amount: available x fraction / (1 + fee), capped; yen unless said."""

    method: str
    available: Jpy
    fraction: float
    cap: Jpy
    trades: int
    win_rate: float | None
    payoff_ratio: float | None


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OrderSubmitting:
    """On the log before the request leaves: exactly what is about to be sent.

    A market buy has `amount` (JPY to spend), a market sell `quantity` (coins), unlike that of
    any recent order of the pair; together with the balances seen just before they are the
    fingerprint that finds a lost order again. `nonce` is the number that the request carries,
    `sent_at` (ms) the time just before it leaves.
    """

    order: str
    pair: str
    amount: Jpy | None
    quantity: Decimal | None
    sizing: Sizing | None
    bid: Jpy
    ask: Jpy
    jpy_free: Jpy
    jpy_reserved: Jpy
    coins_free: Decimal
    coins_reserved: Decimal
    nonce: int
    sent_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OrderPlaced:
    """The exchange knows the order; what it filled is not known yet."""

    order: str
    pair: str
    exchange_id: str


@attrs.frozen(slots=True, weakref_slot=False)
class OrderInDoubt:
    """The request left and its answer was lost; only evidence from the exchange ends this."""

    order: str
    pair: str
    detail: str


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OrderFillReceived:
    """One fill of the order, keyed by the exchange's fill id.

    `funds` is what moved in JPY, without the fee; `fee` in JPY (0 on our coins).
    """

    order: str
    fill: str
    quantity: Decimal
    price: Jpy
    funds: Jpy
    fee: Jpy
    filled_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OrderFilled:
    """All fills are booked. `price` is volume-weighted, `asked` what was sent (JPY or coins)."""

    order: str
    pair: str
    side: Side
    asked: Decimal
    quantity: Decimal
    price: Jpy
    funds: Jpy
    fee: Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class OrderExpired:
    """The exchange ended the order before all of it was filled; `quantity` may be 0."""

    order: str
    pair: str
    side: Side
    asked: Decimal
    quantity: Decimal
    funds: Jpy
    fee: Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class OrderRefused:
    """The order was not sent, or the exchange said no: the guard and its numbers."""

    order: str
    pair: str
    guard: str
    detail: str


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PositionOpened:
    """Coins are held. Entry, first stop and take-profit in JPY."""

    position: str
    pair: str
    order: str
    quantity: Decimal
    entry: Jpy
    cost: Jpy
    stop: Jpy
    take_profit: Jpy
    opened_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PeakRaised:
    """The highest price seen since entry, in JPY."""

    position: str
    pair: str
    peak: Jpy


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class TrailingStopRaised:
    """The stop followed the peak up; it never goes down."""

    position: str
    pair: str
    stop: Jpy
    peak_gain_pct: float


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class StopLossHit:
    """Price at or under the stop at a tick; `price` may lie far under it (a gap)."""

    position: str
    pair: str
    price: Jpy
    stop: Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class TakeProfitHit:
    """Price at or over the safety valve."""

    position: str
    pair: str
    price: Jpy
    take_profit: Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class EntryDisbelieved:
    """The entry is more than half off the market: an alert, and no action on the position."""

    position: str
    pair: str
    price: Jpy
    entry: Jpy


@attrs.frozen(slots=True, weakref_slot=False)
class PositionReduced:
    """A sell ended after a part: what is left stays open. JPY after fees, quantity in coins."""

    position: str
    pair: str
    order: str
    quantity: Decimal
    proceeds: Jpy


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PositionWrittenOff:
    """The exchange no longer holds the coins: somebody else moved them. `missing` in coins.

    What came in for them is not on this log, so no gain is counted; a human is told.
    """

    position: str
    pair: str
    order: str
    missing: Decimal
    written_off_at: int


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class PositionClosed:
    """The coins are sold. `gain` in JPY after fees, `gain_pct` of the cost; `dust` coins remain."""

    position: str
    pair: str
    order: str
    reason: Reason
    quantity: Decimal
    exit: Jpy
    proceeds: Jpy
    gain: Jpy
    gain_pct: float
    dust: Decimal
    closed_at: int
