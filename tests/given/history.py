"""A mixed history of real events, made by hand: orders, positions, breaker, prices, signals."""

from decimal import Decimal

import domain.events as e
from domain.money import Jpy

PAIR = "ETHUSDT"
START = 1_760_000_100_000
WRITER = "test"


def jpy(value: int | str) -> Jpy:
    """Yen."""
    return Jpy(Decimal(value))


def price(at: int = START, close: float = 100.0, pair: str = PAIR) -> e.PriceCollected:
    """A candle opened at a time (ms)."""
    return e.PriceCollected(e.Candle(pair, at, 99.5, 101.0, 99.0, close, 12.5))


def signal(pair: str = PAIR, total: float = 0.3) -> e.SignalScored:
    """A signal of a technical score only."""
    technical = e.TechnicalReading(
        total, 336, START, 100.0, 55.5, 0.1, 0.05, 0.05, 0.25, 99.0, None,
        102.0, 100.0, 98.0, 0.04, 22.0, 1.5, "trend", 1.0, 0.1, 0.1, 0.05, 0.05,
    )  # fmt: skip
    return e.SignalScored(
        analysis="a1",
        pair=pair,
        total=total,
        components=e.Components(total, None, None, None),
        weights=e.Weights(0.45, 0.25, 0.15, 0.15),
        adjustment=0.0,
        thresholds=e.Thresholds(0.28, -0.15, 1.0, 1.0),
        technical=technical,
        forecast=None,
        sentiment=None,
        market=e.MarketReading(-0.1, -0.2, None, None, 30, None, None, 60),
    )


def requested(order: str, side: e.Side, *, pair: str = PAIR, at: int = START) -> e.OrderRequested:
    """An order that a signal asked for."""
    position = None if side is e.Side.BUY else "o1"
    return e.OrderRequested(order, pair, side, e.Reason.SIGNAL, "a1", 0.3, position, at)


def commit(
    stream: str, version: int, *events: e.Event, at: int = START, writer: str = WRITER
) -> e.Commit:
    """A commit of the test's own writer."""
    return e.Commit(stream, version, events, at, "a1", "", writer)


def mixed_history() -> list[list[e.Commit]]:
    """Appends in order, each a list of commits that go out together."""
    t = START
    buy, sell = e.Side.BUY, e.Side.SELL
    half, none = Decimal("0.5"), jpy(0)
    fill = e.OrderFillReceived("o1", "f1", half, jpy(200), jpy(100), none, t + 2)
    filled = e.OrderFilled("o1", PAIR, buy, Decimal(100), half, jpy(200), jpy(100), none)
    opened = e.PositionOpened(
        "o1", PAIR, "o1", half, jpy(200), jpy(100), jpy(190), jpy(260), t + 3
    )  # fmt: skip
    submitting = e.OrderSubmitting(
        "o1", PAIR, jpy(100), None,
        e.Sizing("kelly", jpy(1000), 0.1, jpy(500), 60, 0.55, None),
        jpy(199), jpy(201), jpy(1000), none, Decimal(0), Decimal(0), 1, t,
    )  # fmt: skip
    sold = e.OrderFilled("o2", PAIR, sell, half, Decimal("0.3"), jpy(150), jpy(45), none)
    reduced = e.PositionReduced("o1", PAIR, "o2", Decimal("0.3"), jpy(45))
    rest = Decimal("0.2")
    last = e.OrderFilled("o3", PAIR, sell, rest, rest, jpy(150), jpy(30), none)
    closed = e.PositionClosed(
        "o1", PAIR, "o3", e.Reason.STOP_LOSS, rest, jpy(150), jpy(30), jpy(-25), -25.0,
        Decimal(0), t + 9,
    )  # fmt: skip
    mood = e.MarketContextCollected(30, 0.0001, 5, None)
    news = e.SentimentScored(PAIR, 0.6, 3, 1, 2, (e.Headline("up", None, 0.5, 0.7),))
    chosen = e.ChosenTrade(PAIR, e.Action.BUY, 0.3, 0.28, "o1")
    decided = e.DecisionMade("a1", e.Action.BUY, (chosen,), (PAIR,), (), ())
    return [
        [commit("ticks", 1, price(), price(pair="BTCUSDT"), at=t)],
        [
            commit("news", 1, news, e.NewsCallsMade("2025-10", 2, 2), at=t),
            commit("context", 1, mood, at=t),
        ],
        [commit("analysis/a1", 1, e.AnalysisTriggered("a1", "move", ((PAIR, 0.4),)), at=t)],
        [
            commit("analysis/a1", 2, signal(), signal("BTCUSDT", 0.1), decided, at=t),
            commit("order/o1", 1, requested("o1", buy), at=t),
        ],
        [commit("order/o1", 2, submitting, at=t + 1)],
        [commit("order/o1", 3, e.OrderPlaced("o1", PAIR, "x1"), at=t + 2)],
        [commit("order/o1", 4, fill, filled, at=t + 3), commit("position/o1", 1, opened, at=t + 3)],
        [commit("position/o1", 2, e.PeakRaised("o1", PAIR, jpy(210)), at=t + 4)],
        [commit("position/o1", 3, e.TrailingStopRaised("o1", PAIR, jpy(195), 5.0), at=t + 5)],
        [commit("order/o2", 1, requested("o2", sell), at=t + 6)],
        [commit("order/o2", 2, sold, at=t + 7), commit("position/o1", 4, reduced, at=t + 7)],
        [
            commit("position/o1", 5, e.StopLossHit("o1", PAIR, jpy(150), jpy(195)), at=t + 8),
            commit("order/o3", 1, requested("o3", sell), at=t + 8),
        ],
        [
            commit("order/o3", 2, last, at=t + 9),
            commit("position/o1", 6, closed, at=t + 9),
            commit("breaker", 1, e.CircuitBreakerTripped("loss_24h", jpy(25), 1), at=t + 9),
        ],
        [commit("ticks", 3, price(t + 300_000, 98.0), at=t + 300_000)],
        [commit("breaker", 2, e.CircuitBreakerReset(), at=t + 300_001)],
        [commit("order/o4", 1, requested("o4", buy, pair="BTCUSDT"), at=t + 300_002)],
        [
            commit(
                "order/o4", 2, e.OrderRefused("o4", "BTCUSDT", "funds", "too few"), at=t + 300_003
            )
        ],
        [commit("order/o5", 1, requested("o5", buy), at=t + 300_004)],
    ]
