"""A position from its buy to its sell, with everything that explains it."""

import attrs

from domain.events import SignalScored, Sizing


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class OrderTrail:
    """One order that was filled, from the wish to the fill; JPY, coins, ms.

    `amount` (JPY of a buy) or `quantity` (coins of a sell) is what was sent against the quote
    `bid` / `ask`; `price`, `filled`, `funds` and `fee` are what came back.
    """

    order: str
    origin: str
    asked_at: int
    sent_at: int
    amount: float | None
    quantity: float | None
    bid: float
    ask: float
    price: float
    filled: float
    funds: float
    fee: float
    sizing: Sizing | None

    @property
    def slip_pct(self) -> float | None:
        """Fill price against the quote's middle in %; positive is above it."""
        middle = (self.bid + self.ask) / 2
        return (self.price / middle - 1) * 100 if middle else None


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class RoundTrip:
    """One position from its buy to its sell; None where it is still open. JPY, coins, ms, %.

    `gain` is after fees and counts parts sold earlier; `score` and `threshold` are those that
    the buy was decided on; `stops` holds (ms, stop, peak gain in %) at entry and at each raise;
    `seen` is the price that set off a stop or take-profit; `gap_pct` is the exit's fill price
    against the stop (negative: sold under it), for stop-losses only.
    """

    position: str
    pair: str
    opened_at: int
    closed_at: int | None
    quantity: float
    entry: float
    exit: float | None
    cost: float
    proceeds: float
    gain: float | None
    gain_pct: float | None
    reason: str | None
    buy_order: str
    sell_order: str | None
    peak: float
    stop: float
    take_profit: float
    stops: tuple[tuple[int, float, float], ...]
    score: float | None
    threshold: float | None
    method: str | None
    fraction: float | None
    seen: float | None
    gap_pct: float | None
    sold: float
    dust: float
    buy: OrderTrail | None
    sell: OrderTrail | None
    signal: SignalScored | None
    exit_signal: SignalScored | None
    exit_threshold: float | None
