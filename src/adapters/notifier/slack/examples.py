"""One example of every message: what the preview shows and the golden files hold."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import domain.events as e
from application.messages import (
    AllClear,
    DailyReport,
    ErrorSeen,
    Happened,
    HeldPosition,
    Message,
    Plain,
    RankedCoin,
    Ranking,
    ToldEvent,
    Trouble,
)
from domain.instant import HOUR, parse
from domain.money import Jpy
from domain.trading.position import OpenPosition

AT: Final = parse("2025-10-10T21:15:00Z")
ETH, SOL, DOGE = "eth_usdt", "sol_usdt", "doge_usdt"
ORDER, POSITION, ANALYSIS = "o-4f1c2a9b7d03", "p-9b7d034f1c2a", "a-20251010T211500Z"
WEIGHTS = e.Weights(0.35, 0.35, 0.15, 0.15)
MOOD = e.MarketReading(-0.21, -0.4, -0.05, None, 27, 0.000125, 58.4, 900)
CALM = e.MarketReading(0.02, 0.04, None, 0.01, 52, None, 57.9, 300)


def _jpy(amount: str | int) -> Jpy:
    return Jpy(Decimal(amount))


def _coin(
    pair: str, name: str, total: float, *parts: float | None, adjustment: float = 0.0
) -> RankedCoin:
    technical, forecast, sentiment, market = parts
    components = e.Components(technical, forecast, sentiment, market)
    return RankedCoin(pair, name, total, components, WEIGHTS, adjustment)


def _held(pair: str, quantity: str, entry: str, stop: str, price: str | None) -> HeldPosition:
    cost = _jpy(entry) * Decimal(quantity)
    goal = _jpy(entry) * Decimal("1.3")
    position = OpenPosition(
        POSITION, pair, Decimal(quantity), _jpy(entry), cost, _jpy(stop), goal, _jpy(entry),
        AT - 6 * HOUR,
    )  # fmt: skip
    return HeldPosition(position, None if price is None else _jpy(price))


HELD: Final = (
    _held(SOL, "1.25", "31200", "30580", "32460"),
    _held(DOGE, "1500", "36.415", "35.32", "35.9"),
)
COINS: Final = (
    _coin(ETH, "Ethereum", 0.384, 0.62, 0.41, 0.18, -0.21, adjustment=0.03),
    _coin(SOL, "Solana", 0.121, 0.35, 0.09, None, -0.21),
    _coin("btc_usdt", "Bitcoin", 0.042, 0.11, 0.08, 0.02, -0.21),
    _coin("xrp_usdt", "XRP", 0.0, None, 0.09, 0.0, -0.21),
    _coin("avax_usdt", "Avalanche", -0.094, -0.12, -0.08, 0.05, -0.21),
    _coin(DOGE, "Dogecoin", -0.257, -0.48, -0.22, -0.1, -0.21),
)
LIMITS: Final = e.Thresholds(0.268, -0.134, 0.893, 1.15)
STRICT: Final = e.Thresholds(0.42, -0.21, 1.4, 1.2)
TOO_LOW: Final = tuple(
    e.Refusal(one.pair, "buy_threshold", one.total, ">=", STRICT.buy) for one in COINS
)
OTHERS: Final = (
    e.Refusal("btc_usdt", "buy_threshold", 0.042, ">=", 0.268),
    e.Refusal("xrp_usdt", "no_technical", 0.0, ">=", 1.0),
)
SELLS_FIRST: Final = e.Refusal(ETH, "sells_first", 1.0, "<", 1.0)
YOUNG: Final = e.Refusal(SOL, "min_hold", 900.0, ">=", 1800.0)


def _ranking(
    action: e.Action,
    trades: tuple[e.ChosenTrade, ...],
    positions: tuple[HeldPosition, ...],
    *refused: e.Refusal,
) -> Ranking:
    mood = None if action is e.Action.SELL else MOOD
    limits = STRICT if action is e.Action.HOLD else LIMITS
    return Ranking(ANALYSIS, AT, COINS, limits, mood, action, trades, refused, positions)


def _filled(side: e.Side) -> e.OrderFilled:
    coins, each = Decimal("0.08213746"), _jpy("608735.5")
    return e.OrderFilled(ORDER, ETH, side, Decimal(50_000), coins, each, each * coins, _jpy(0))


def _closed(reason: e.Reason, sold_at: str, gain: str, gain_pct: float) -> e.PositionClosed:
    coins = Decimal("1.25")
    return e.PositionClosed(
        POSITION, SOL, ORDER, reason, coins, _jpy(sold_at), _jpy(sold_at) * coins, _jpy(gain),
        gain_pct, Decimal(0), AT,
    )  # fmt: skip


MOVED: Final = e.ParameterMove("buy_threshold", 0.25, 0.28)
EVENTS: Final[Mapping[str, ToldEvent]] = {
    "order-filled-buy": _filled(e.Side.BUY),
    "order-filled-sell": _filled(e.Side.SELL),
    "stop-raised": e.TrailingStopRaised(POSITION, SOL, _jpy("32150"), 4.87),
    "stop-loss": e.StopLossHit(POSITION, SOL, _jpy("30110"), _jpy("30580")),
    "take-profit": e.TakeProfitHit(POSITION, SOL, _jpy("40720"), _jpy("40560")),
    "closed-gain": _closed(e.Reason.SIGNAL, "32460", "1575", 4.04),
    "closed-loss": _closed(e.Reason.STOP_LOSS, "30080", "-1400", -3.59),
    "breaker-tripped": e.CircuitBreakerTripped("losses_in_a_row", _jpy("8420"), 5),
    "breaker-reset": e.CircuitBreakerReset(),
    "parameters-changed": e.ParametersChanged(
        change="change-2026-03-01", day="2026-03-01", proposer="search", moves=(MOVED,), days=60,
        gain_jpy=18_340.0, probability=0.987, tried=36,
    ),
    "parameters-back": e.ParametersRolledBack(
        "change-2026-03-01", "2026-03-15",
        (e.ParameterMove("buy_threshold", 0.28, 0.25),), "review",
    ),
    "in-doubt": e.OrderInDoubt(ORDER, ETH, "ReadTimeout: no answer within 10 s"),
    "out-of-doubt": e.OrderAdopted(ORDER, ETH, "7512345678", "the only buy of 50,000 JPY"),
    "never-placed": e.OrderProvenAbsent(ORDER, ETH, "6 looks in 180 s, balances unchanged"),
    "set-aside": e.OrderQuarantined(ORDER, ETH, None, "two orders look like it"),
    "given-up": e.OrderAbandoned(ORDER, ETH, "cancelled by hand on the website"),
    "written-off": e.PositionWrittenOff(POSITION, SOL, ORDER, Decimal("1.25"), AT),
    "entry-disbelieved": e.EntryDisbelieved(POSITION, SOL, _jpy("31200"), _jpy("206.42")),
}
EXAMPLES: Final[Mapping[str, Message]] = {
    "ranking-buy": _ranking(
        e.Action.BUY, (e.ChosenTrade(ETH, e.Action.BUY, 0.384, 0.268, ORDER),), HELD, YOUNG, *OTHERS
    ),
    "ranking-sell": _ranking(
        e.Action.SELL,
        (e.ChosenTrade(DOGE, e.Action.SELL, -0.257, -0.134, ORDER),),
        (HELD[0], _held(DOGE, "1500", "36.415", "35.32", None)),
        SELLS_FIRST,
        *OTHERS,
    ),
    "ranking-hold": _ranking(e.Action.HOLD, (), (), *TOO_LOW),
    **{name: Happened(event, AT) for name, event in EVENTS.items()},
    "daily-report": DailyReport(
        day="2025-10-10",
        analyses=241,
        buys=4,
        sells=3,
        wins=2,
        losses=1,
        gain=_jpy("3284"),
        fees=_jpy(0),
        equity=_jpy("312940"),
        positions=HELD,
        market=CALM,
        breaker_open=False,
        balanced=True,
        head="4f0c9c3f7e5a1b2d8e6f90a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6",
        decisions=241,
        equal=241,
        news_calls=960,
    ),
    "error": ErrorSeen(
        "price-collector", "Traceback (most recent call last):\n  KeyError: 'close' <b> & co", AT
    ),
    "trouble": Trouble("watching positions", "no price of sol_usdt"),
    "all-clear": AllClear("watching positions"),
    "plain": Plain("crypto-trader 0.1.0"),
}
