"""Messages as one line of English: consoles, logs, tests."""

from collections.abc import Iterable

from application.messages import (
    AllClear,
    DailyReport,
    ErrorSeen,
    Happened,
    Message,
    Plain,
    Ranking,
    ToldEvent,
    Trouble,
)
from domain.events import (
    CircuitBreakerReset,
    CircuitBreakerTripped,
    EntryDisbelieved,
    OrderAbandoned,
    OrderAdopted,
    OrderFilled,
    OrderInDoubt,
    OrderProvenAbsent,
    OrderQuarantined,
    ParameterMove,
    ParametersChanged,
    ParametersRolledBack,
    PositionClosed,
    PositionWrittenOff,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)


def plain_text(message: Message) -> str:
    """The message in one line."""
    match message:
        case Happened():
            return _of_trade(message.event)
        case Ranking():
            return _ranking(message)
        case DailyReport():
            return _report(message)
        case ErrorSeen():
            return f"error in {message.source}: {' '.join(message.detail.split())}"
        case Trouble():
            return f"{message.name} fails: {message.detail}; it is tried again"
        case AllClear():
            return f"{message.name} works again"
        case Plain():
            return message.text


def _ranking(message: Ranking) -> str:
    scores = ", ".join(f"{one.pair} {one.total:+.3f}" for one in message.coins)
    limits = f"buy at {message.thresholds.buy:+.3f}, sell at {message.thresholds.sell:+.3f}"
    chosen = ", ".join(f"{one.action} {one.pair}" for one in message.trades) or message.action
    held = [
        f"{one.position.pair} {one.gain.amount:+.0f} JPY"
        if one.gain is not None
        else f"{one.position.pair} without a price"
        for one in message.positions
    ]
    return f"{chosen}: {scores} ({limits}); held: {', '.join(held) or 'nothing'}"


def _report(message: DailyReport) -> str:
    trades = f"{message.buys} buys, {message.sells} sells, {message.gain.amount:+.0f} JPY"
    what = f"{message.day}: {message.analyses} analyses, {trades}, {len(message.positions)} held"
    if message.balanced is None:
        return what
    return f"{what}; books {'balance' if message.balanced else 'do NOT balance'}"


def _of_trade(event: ToldEvent) -> str:
    match event:
        case OrderFilled():
            return f"{event.side} {event.pair}: {event.quantity} at {event.price.amount:.3f} JPY"
        case PositionClosed():
            gain = f"{event.gain.amount:+.0f} JPY ({event.gain_pct:+.2f} %)"
            return f"closed {event.pair} by {event.reason}: {gain}"
        case TrailingStopRaised():
            return f"stop of {event.pair} raised to {event.stop.amount:.3f} JPY"
        case StopLossHit():
            seen = f"price {event.price.amount:.3f} JPY, stop {event.stop.amount:.3f} JPY"
            return f"stop-loss of {event.pair}: {seen}; it is sold"
        case TakeProfitHit():
            seen = f"price {event.price.amount:.3f} JPY, goal {event.take_profit.amount:.3f} JPY"
            return f"take-profit of {event.pair}: {seen}; it is sold"
        case _:
            return _of_trouble(event)


def _of_trouble(event: ToldEvent) -> str:
    match event:
        case PositionWrittenOff():
            missing = f"{event.missing} coins of {event.pair} are not on the account"
            return f"{missing}: position {event.position} is given up; please look"
        case EntryDisbelieved():
            prices = f"entry {event.entry.amount:.3f} JPY, market {event.price.amount:.3f} JPY"
            return f"{event.pair}: {prices}: too far apart, nothing is done; please look"
        case CircuitBreakerTripped():
            return f"circuit breaker tripped: {event.reason}; buying stops"
        case CircuitBreakerReset():
            return "circuit breaker reset: buying resumes"
        case ParametersChanged():
            return f"{event.change}: new positions are opened by {_moves(event.moves)}"
        case ParametersRolledBack():
            return f"{event.change} is taken back by {event.by}: {_moves(event.moves)}"
        case _:
            return _of_doubt(event)


def _moves(moves: Iterable[ParameterMove]) -> str:
    return ", ".join(f"{one.name} {one.before:g} -> {one.after:g}" for one in moves)


def _of_doubt(event: ToldEvent) -> str:
    match event:
        case OrderInDoubt():
            return f"order {event.order} of {event.pair} is in doubt: {event.detail}"
        case OrderAdopted():
            found = f"the exchange has it as {event.exchange_id}"
            return f"order {event.order} of {event.pair} is out of doubt: {found}"
        case OrderProvenAbsent():
            return f"order {event.order} of {event.pair} was never placed: {event.evidence}"
        case OrderQuarantined():
            return f"order {event.order} of {event.pair} is set aside: {event.detail}; please look"
        case OrderAbandoned():
            return f"order {event.order} of {event.pair} was given up: {event.reason}"
        case _:
            raise AssertionError(f"{type(event).__name__} has no sentence")
