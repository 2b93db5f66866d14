"""Events in words, with every number that a reader needs to redo the arithmetic."""

from collections.abc import Sequence
from decimal import Decimal

import attrs

from domain.events import (
    Commit,
    EntryDisbelieved,
    Event,
    OrderAbandoned,
    OrderAdopted,
    OrderExpired,
    OrderFilled,
    OrderFillReceived,
    OrderInDoubt,
    OrderLooked,
    OrderPlaced,
    OrderProvenAbsent,
    OrderQuarantined,
    OrderRefused,
    OrderReleased,
    OrderRequested,
    OrderSubmitting,
    PeakRaised,
    PositionClosed,
    PositionOpened,
    PositionReduced,
    PositionWrittenOff,
    SignalScored,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.money import Jpy
from domain.scoring.total_score import NEUTRAL


@attrs.frozen(slots=True, weakref_slot=False)
class Line:
    """One thing that happened at a moment (ms; 0 = with the line before it)."""

    at: int
    what: str
    text: str


def signal_lines(signal: SignalScored, at: int) -> list[Line]:
    """The sum of one pair's score, and what its parts were made of."""
    weights, parts = signal.weights, signal.components
    terms = [
        f"{name} {weight:.4f} x {_number(value)}"
        for name, weight, value in (
            ("technical", weights.technical, parts.technical),
            ("forecast", weights.forecast, parts.forecast),
            ("sentiment", weights.sentiment, parts.sentiment),
            ("market", weights.market, parts.market),
        )
    ]
    limits = signal.thresholds
    lines = [
        Line(
            at,
            "score",
            f"{signal.pair} {signal.total:+.6f} = clamp({' + '.join(terms)} "
            f"{signal.adjustment:+.4f} for dominance)",
        ),
        Line(
            at,
            "thresholds",
            f"buy {limits.buy:.6f}, sell {limits.sell:.6f} "
            f"(volatility x{limits.volatility:.4f}, fear/greed x{limits.fear_factor:.2f})",
        ),
    ]
    return lines + _technical(signal, at) + _forecast(signal, at) + _mood(signal, at)


def _plain(value: Decimal) -> str:
    """Digits without an exponent and without idle zeros."""
    return f"{value.normalize():f}"


def _yen(amount: Jpy | None) -> str:
    """An amount of yen, plain; nothing for none."""
    return "" if amount is None else _plain(amount.amount)


def _number(value: float | None) -> str:
    return "absent" if value is None else f"{value:+.6f}"


def _technical(signal: SignalScored, at: int) -> list[Line]:
    seen = signal.technical
    if seen is None:
        return [Line(at, "technical", "absent: too few or too old candles; no buy without it")]
    sma_long = "absent" if seen.sma_long is None else f"{seen.sma_long:.8g}"
    return [
        Line(
            at,
            "technical",
            f"{seen.score:+.6f} = clamp(clamp(rsi {seen.term_rsi:+.6f} + macd "
            f"{seen.term_macd:+.6f} + sma {seen.term_sma:+.6f} + bollinger "
            f"{seen.term_bollinger:+.6f}) x volume {seen.volume_multiplier:.4f}), "
            f"regime {seen.regime}",
        ),
        Line(
            at,
            "indicators",
            f"close {seen.close:.8g} RSI {seen.rsi:.3f} MACD {seen.macd:.6g} signal "
            f"{seen.macd_signal:.6g} histogram {seen.macd_histogram:.6g} slope "
            f"{seen.histogram_slope:+.4f} SMA20 {seen.sma_short:.8g} SMA200 {sma_long} bands "
            f"{seen.bollinger_lower:.8g}..{seen.bollinger_upper:.8g} (width "
            f"{seen.bollinger_width:.5f}) ADX {seen.adx:.3f} ATR {seen.atr:.6g}, "
            f"{seen.candles} candles",
        ),
    ]


def _forecast(signal: SignalScored, at: int) -> list[Line]:
    seen = signal.forecast
    if seen is None:
        return [Line(at, "forecast", "absent: too few or too old candles")]
    why = f" because {seen.fallback_reason}" if seen.fallback_reason else ""
    counted = signal.components.forecast
    damped = f", counts as {counted:+.6f}" if counted not in (None, seen.score) else ""
    text = f"{seen.score:+.6f} from {seen.source}{why}, confidence {seen.confidence:.3f}{damped}"
    weights = signal.weights
    shared = weights.technical + weights.forecast
    way = "from technical" if seen.confidence > NEUTRAL else "to technical"
    moved = f"moves weight {way}" if seen.confidence != NEUTRAL else "moves no weight"
    shift = (
        f"confidence {seen.confidence:.3f} against {NEUTRAL} {moved}: the forecast has "
        f"{weights.forecast:.4f} of the {shared:.4f} that both share"
    )
    return [Line(at, "forecast", text), Line(at, "weight", shift)]


def _mood(signal: SignalScored, at: int) -> list[Line]:
    news, mood = signal.sentiment, signal.market
    lines = []
    if news is None:
        lines.append(Line(at, "sentiment", "absent"))
    else:
        text = f"{news.score:.4f} from {news.articles} articles, {news.age_s} s old"
        lines.append(Line(at, "sentiment", text))
    if mood is None:
        return [*lines, Line(at, "market", "absent")]
    text = (
        f"{mood.score:+.6f}: fear&greed {mood.fear_greed} -> {_number(mood.fear_greed_score)}, "
        f"funding {mood.funding_rate} -> {_number(mood.funding_score)}, "
        f"dominance {mood.btc_dominance} -> {_number(mood.dominance_score)}; {mood.age_s} s old"
    )
    return [*lines, Line(at, "market", text)]


def life_lines(history: Sequence[Commit]) -> list[Line]:
    """The life of an order or position, event by event."""
    return [
        Line(recorded.commit.at, *described)
        for commit in history
        for recorded in commit.recorded()
        if (described := _described(recorded.event)) is not None
    ]


def _described(event: Event) -> tuple[str, str] | None:
    match event:
        case OrderRequested():
            score = "" if event.score is None else f", score {event.score:+.6f}"
            return "order", f"{event.order}: {event.side} {event.pair}, {event.reason}{score}"
        case OrderSubmitting():
            return "sending", _sent(event)
        case OrderPlaced():
            return "placed", f"the exchange calls it {event.exchange_id}"
        case OrderFillReceived():
            at = f"{_plain(event.quantity)} at {_yen(event.price)} JPY"
            return (
                "fill",
                f"{event.fill}: {at}, {_yen(event.funds)} JPY, fee {_yen(event.fee)}",
            )
        case OrderFilled():
            return "filled", f"{_plain(event.quantity)} for {_yen(event.funds)} JPY in all"
        case OrderExpired():
            return "expired", f"{_plain(event.quantity)} of it had filled"
        case OrderRefused():
            return "refused", f"guard {event.guard}: {event.detail}"
        case _:
            return _doubt_described(event) or _position_described(event)


def _doubt_described(event: Event) -> tuple[str, str] | None:
    match event:
        case OrderInDoubt():
            return "in doubt", event.detail
        case OrderLooked():
            if event.is_clean:
                return "looked", "not found, and nothing has moved"
            gap = f"{_yen(event.jpy_gap)} JPY, {_plain(event.coins_gap)} coins"
            return "looked", f"not found, but this is unexplained: {gap}"
        case OrderAdopted():
            return "adopted", f"the exchange has it as {event.exchange_id}: {event.evidence}"
        case OrderProvenAbsent():
            return "not there", event.evidence
        case OrderQuarantined():
            return "set aside", event.detail
        case OrderReleased():
            return "released", event.reason
        case OrderAbandoned():
            return "given up", event.reason
        case _:
            return None


def _sent(event: OrderSubmitting) -> str:
    coins = "" if event.quantity is None else f"{_plain(event.quantity)} coins"
    what = coins or f"{_yen(event.amount)} JPY"
    quote = f"bid {_yen(event.bid)} ask {_yen(event.ask)} JPY"
    held = f"free {_yen(event.jpy_free)} JPY and {_plain(event.coins_free)} coins"
    if event.sizing is None:
        return f"{what}; {quote}; {held}"
    size = event.sizing
    kelly = "" if size.win_rate is None else f", won {size.win_rate:.4f} of {size.trades}"
    payoff = "" if size.payoff_ratio is None else f", payoff {size.payoff_ratio:.4f}"
    return (
        f"{what}; {quote}; {held}; size by {size.method}: {_yen(size.available)} JPY x "
        f"{size.fraction:.4f}, at most {_yen(size.cap)} JPY{kelly}{payoff}"
    )


def _position_described(event: Event) -> tuple[str, str] | None:
    match event:
        case PositionOpened():
            levels = f"stop {_yen(event.stop)}, take-profit {_yen(event.take_profit)}"
            return (
                "opened",
                f"{_plain(event.quantity)} at {_yen(event.entry)} JPY, {levels}",
            )
        case PeakRaised():
            return "peak", f"{_yen(event.peak)} JPY"
        case TrailingStopRaised():
            return (
                "stop",
                f"raised to {_yen(event.stop)} JPY at {event.peak_gain_pct:+.3f} %",
            )
        case StopLossHit():
            gap = float((event.price.amount / event.stop.amount - 1) * 100)
            seen = f"price {_yen(event.price)} at or under the stop {_yen(event.stop)} JPY"
            return "stop hit", f"{seen}; {-gap:.3f} % through it"
        case TakeProfitHit():
            return (
                "target hit",
                f"{_yen(event.price)} JPY, from {_yen(event.take_profit)} JPY",
            )
        case EntryDisbelieved():
            seen = f"market {_yen(event.price)} JPY, entry {_yen(event.entry)} JPY"
            return "not believed", f"{seen}: over half apart, a human was told, nothing was done"
        case PositionWrittenOff():
            missing = f"{_plain(event.missing)} coins are not there"
            return "written off", f"{missing}: somebody else moved them"
        case PositionReduced():
            return (
                "reduced",
                f"{_plain(event.quantity)} sold for {_yen(event.proceeds)} JPY",
            )
        case PositionClosed():
            gain = f"{event.gain.amount:+.4f} JPY, {event.gain_pct:+.4f} %"
            dust = f", dust {_plain(event.dust)}" if event.dust else ""
            return "closed", f"{event.reason} at {_yen(event.exit)} JPY: {gain}{dust}"
        case _:
            return None
