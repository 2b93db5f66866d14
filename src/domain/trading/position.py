"""Position: opened by a fill, followed tick by tick, closed by a fill; a fold of its events."""

from collections.abc import Iterable
from decimal import Decimal

import attrs

from domain.errors import IllegalTransition
from domain.events import (
    EntryDisbelieved,
    PeakRaised,
    PositionClosed,
    PositionEvent,
    PositionOpened,
    PositionReduced,
    PositionWrittenOff,
    Reason,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.money import Jpy
from domain.quick import maker, quickly_made

NOTHING_YET = Jpy(Decimal(0))


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class OpenPosition:
    """Coins held: quantity in coins, cost in JPY with fees, `peak` the highest price seen."""

    position: str
    pair: str
    quantity: Decimal
    entry: Jpy
    cost: Jpy
    stop: Jpy
    take_profit: Jpy
    peak: Jpy
    opened_at: int
    sold: Decimal = Decimal(0)
    proceeds: Jpy = NOTHING_YET
    is_doubted: bool = False
    """A human was told that its entry cannot be believed."""


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class ClosedPosition:
    """A finished round trip; `gain` in JPY after fees, `gain_pct` of the cost."""

    position: str
    pair: str
    quantity: Decimal
    entry: Jpy
    cost: Jpy
    opened_at: int
    exit: Jpy
    gain: Jpy
    gain_pct: float
    reason: Reason
    dust: Decimal
    closed_at: int


Position = OpenPosition | ClosedPosition
_open_position = maker(OpenPosition)


def apply(position: Position | None, event: PositionEvent) -> Position:
    """The position after one more event.

    Raises IllegalTransition when it is opened twice, changed after it closed, or when a stop
    or a peak would go down.
    """
    if isinstance(event, PositionOpened):
        if position is not None:
            raise IllegalTransition(f"{event.position} is open already")
        return _opened(event)
    if not isinstance(position, OpenPosition) or position.position != event.position:
        raise IllegalTransition(f"{type(event).__name__} cannot follow {position}")
    match event:
        case PeakRaised():
            return _moved(position, position.stop, event.peak)
        case TrailingStopRaised():
            return _moved(position, event.stop, position.peak)
        case EntryDisbelieved():
            return attrs.evolve(position, is_doubted=True)
        case StopLossHit() | TakeProfitHit():
            return position
        case PositionReduced():
            return attrs.evolve(
                position,
                quantity=position.quantity - event.quantity,
                sold=position.sold + event.quantity,
                proceeds=position.proceeds + event.proceeds,
            )
        case PositionWrittenOff() | PositionClosed():
            return _ended(position, event)


def _opened(event: PositionOpened) -> OpenPosition:
    return OpenPosition(
        position=event.position,
        pair=event.pair,
        quantity=event.quantity,
        entry=event.entry,
        cost=event.cost,
        stop=event.stop,
        take_profit=event.take_profit,
        peak=event.entry,
        opened_at=event.opened_at,
    )


def _ended(held: OpenPosition, event: PositionClosed | PositionWrittenOff) -> ClosedPosition:
    if isinstance(event, PositionWrittenOff):
        return _written_off(held, event)
    return _closed(held, event)


def _closed(held: OpenPosition, event: PositionClosed) -> ClosedPosition:
    return ClosedPosition(
        position=held.position,
        pair=held.pair,
        quantity=held.quantity + held.sold,
        entry=held.entry,
        cost=held.cost,
        opened_at=held.opened_at,
        exit=event.exit,
        gain=event.gain,
        gain_pct=event.gain_pct,
        reason=event.reason,
        dust=event.dust,
        closed_at=event.closed_at,
    )


def _written_off(held: OpenPosition, event: PositionWrittenOff) -> ClosedPosition:
    """Nothing is known of what came in for the coins, so no gain and no loss is claimed."""
    return ClosedPosition(
        position=held.position,
        pair=held.pair,
        quantity=held.quantity + held.sold,
        entry=held.entry,
        cost=held.cost,
        opened_at=held.opened_at,
        exit=held.entry,
        gain=NOTHING_YET,
        gain_pct=0.0,
        reason=Reason.WRITTEN_OFF,
        dust=event.missing,
        closed_at=event.written_off_at,
    )


def _moved(held: OpenPosition, stop: Jpy, peak: Jpy) -> OpenPosition:
    """The position with another stop and peak; spelled out, for it happens at many ticks."""
    if peak.amount < held.peak.amount or stop.amount < held.stop.amount:
        raise IllegalTransition("a peak and a stop never go down")
    return _open_position(
        held.position,
        held.pair,
        held.quantity,
        held.entry,
        held.cost,
        stop,
        held.take_profit,
        peak,
        held.opened_at,
        held.sold,
        held.proceeds,
        held.is_doubted,
    )


def fold(events: Iterable[PositionEvent]) -> Position | None:
    """The position that a stream tells of; None for an empty stream."""
    position: Position | None = None
    for event in events:
        position = apply(position, event)
    return position
