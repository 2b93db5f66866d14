"""Vectors of decisions, sizes, positions and track record."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs

from domain.events import (
    EntryDisbelieved,
    PeakRaised,
    StopLossHit,
    TakeProfitHit,
    Thresholds,
    TrailingStopRaised,
)
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.strategy.decide import Holding, Scored, decide
from domain.strategy.position_size import buy_amount
from domain.strategy.thresholds import sell_threshold_of, thresholds
from domain.strategy.trade_stats import TradeStats, trade_stats
from domain.trading.position import OpenPosition
from domain.trading.position_exits import entry_levels, follow, trailing_stop
from domain.tuning.track_record import wilson_interval
from tests.vectors.comparing import differences

Input = dict[str, Any]


def thresholds_of(given: Input, want: Any) -> Iterator[str]:
    """Buy and sell threshold."""
    found = thresholds(given["bollinger_widths"], given.get("fear_greed"), STANDARD)
    yield from differences(want, {"buy": found.buy, "sell": found.sell})


def decision(given: Input, want: Any) -> Iterator[str]:
    """What to do with the scored pairs."""
    now = int(given["now"] * 1000)
    limits = Thresholds(given["buy_threshold"], given["sell_threshold"], 1.0, 1.0)
    scored = [
        Scored(one["pair"], one["total_score"], _sell_threshold(limits, one), True)
        for one in given["scored"]
    ]
    holdings = [
        Holding(DEFAULT.of(one["pair"]).pair, "", int((one.get("entry_time") or 0) * 1000))
        for one in given["positions"]
    ]
    found = decide(scored, holdings, {}, limits, now, STANDARD)
    first = (found.sells or found.buys or (None,))[0]
    got = {
        "signal": found.action.upper(),
        "pair": DEFAULT.of(first.pair).coincheck if first else None,
        "score": first.total if first else None,
        "ranking": list(found.ranking),
        "all_qualifying_sells": [
            {"pair": DEFAULT.of(one.pair).coincheck, "score": one.total} for one in found.sells
        ],
    }
    yield from differences(want, got)


@attrs.frozen
class _Seen:
    """The two indicators that the sell threshold looks at."""

    macd_histogram: float
    histogram_slope: float


def _sell_threshold(limits: Thresholds, one: Input) -> float:
    seen: Any = _Seen(one.get("macd_histogram") or 0.0, one.get("macd_histogram_slope") or 0.0)
    return sell_threshold_of(limits, seen, STANDARD)


def trailing_stop_of(given: Input, want: Any) -> Iterator[str]:
    """The new stop, or null."""
    found = trailing_stop(
        Jpy.of(given["entry_price"]),
        Jpy.of(given["current_stop"]),
        Jpy.of(given["highest_price"]),
        STANDARD,
    )
    yield from differences(want, float(found.amount) if found else None)


def entry_levels_of(given: Input, want: Any) -> Iterator[str]:
    """First stop and take-profit."""
    stop, target = entry_levels(Jpy.of(given["entry_price"]), STANDARD)
    got = {"stop_loss": float(stop.amount), "take_profit": float(target.amount)}
    yield from differences(want, got)


def kelly(given: Input, want: Any) -> Iterator[str]:
    """JPY to spend."""
    stats = given["stats"]
    trades = stats["total_trades"]
    rate = stats.get("win_rate")
    found, _ = buy_amount(
        given["score"],
        Jpy.of(given["available_jpy"]),
        TradeStats(
            trades,
            round((rate or 0) * trades),
            rate,
            stats.get("avg_win_pct"),
            stats.get("avg_loss_pct"),
        ),
        Decimal(repr(given["taker_fee_rate"])),
        STANDARD,
    )
    yield from differences(want, float(found.amount))


def wilson(given: Input, want: Any) -> Iterator[str]:
    """Interval of a win rate, rounded to 4 decimals."""
    low, high = wilson_interval(given["wins"], given["total"])
    got = {"lower": round(low, 4), "upper": round(high, 4), "width": round(high - low, 4)}
    yield from differences(want, got)


def trade_stats_of(given: Input, want: Any) -> Iterator[str]:
    """Statistics of the positions closed within 90 days."""
    oldest = given["now"] - STANDARD.kelly_window_days * 86_400
    gains = [
        (one["exit_price"] - one["entry_price"]) / one["entry_price"] * 100.0
        for one in given["positions"]
        if one["closed"]
        and one["exit_time"] is not None
        and one["exit_time"] >= oldest
        and one["exit_price"] is not None
        and one["entry_price"]
    ]
    seen = trade_stats(gains)
    got = {
        "total_trades": seen.trades,
        "wins": seen.wins,
        "losses": seen.trades - seen.wins,
        "win_rate": seen.win_rate,
        "avg_win_pct": seen.mean_win_pct,
        "avg_loss_pct": seen.mean_loss_pct,
    }
    yield from differences(want, got)


def position_ticks(given: Input, want: Any) -> Iterator[str]:
    """A position followed tick by tick to its first sale."""
    entry = Jpy.of(given["entry_price"])
    stop, target = entry_levels(entry, STANDARD)
    held = OpenPosition("x", "x", Decimal(1), entry, entry, stop, target, entry, 0)
    ticks = []
    for price in given["prices"]:
        events = follow(held, Jpy.of(price), STANDARD)
        action = "HOLD"
        for event in events:
            if isinstance(event, StopLossHit):
                action = "STOP_LOSS"
            elif isinstance(event, TakeProfitHit):
                action = "TAKE_PROFIT"
            elif isinstance(event, EntryDisbelieved):
                action = "SKIPPED"
            elif isinstance(event, PeakRaised):
                held = attrs.evolve(held, peak=event.peak)
            elif isinstance(event, TrailingStopRaised):
                held = attrs.evolve(held, stop=event.stop)
        ticks.append(
            {
                "action": action,
                "stop": float(held.stop.amount),
                "peak": float(held.peak.amount),
            }
        )
        if action in ("STOP_LOSS", "TAKE_PROFIT"):
            break
    yield from differences(want, {"ticks": ticks})
