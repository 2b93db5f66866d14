"""Each vector file's function: its input in our types, our answer in its words."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import attrs

from adapters.news_feed.lexicon import load_lexicon
from domain import instant
from domain.events import StopLossHit, TakeProfitHit, Thresholds
from domain.instruments import DEFAULT
from domain.market.article import Article, Votes
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.scoring.forecast_score import forecast_confidence, forecast_score, quantile_spread
from domain.scoring.market_score import market_score
from domain.scoring.momentum_score import momentum_score
from domain.scoring.sentiment_score import coin_sentiment
from domain.scoring.technical_score import technical_reading
from domain.scoring.total_score import total_score
from domain.strategy.decide import Holding, Scored, decide
from domain.strategy.position_size import buy_amount
from domain.strategy.thresholds import sell_threshold_of, thresholds
from domain.strategy.trade_stats import TradeStats, trade_stats
from domain.trading.position import OpenPosition
from domain.trading.position_exits import entry_levels, follow, trailing_stop
from domain.tuning.track_record import wilson_interval
from tests.vectors.comparing import differences

Input = dict[str, Any]
Check = Callable[[Input, Any], Iterator[str]]


def technical(given: Input, want: Any) -> Iterator[str]:
    """Indicators and score of one window; prices are compared in units of the last close."""
    p = attrs.evolve(STANDARD, technical_candles=given["limit"])
    closes = given["close"]
    none = [None] * len(closes)
    highs, lows = given.get("high") or none, given.get("low") or none
    volumes = given.get("volume") or none
    seen = technical_reading(range(len(closes)), highs, lows, closes, volumes, p)
    if seen is None:
        yield from differences(want.get("insufficient"), True)
        return
    prices = {
        "macd": seen.macd,
        "macd_signal": seen.macd_signal,
        "macd_histogram": seen.macd_histogram,
        "sma_20": seen.sma_short,
        "sma_200": seen.sma_long,
        "bb_upper": seen.bollinger_upper,
        "bb_middle": seen.bollinger_middle,
        "bb_lower": seen.bollinger_lower,
        "atr": seen.atr,
        "current_price": seen.close,
    }
    plain = {
        "insufficient": False,
        "candles_used": seen.candles,
        "rsi": seen.rsi,
        "macd_histogram_slope": seen.histogram_slope,
        "adx": seen.adx,
        "atr_percent": seen.atr / seen.close * 100.0,
        "volume_multiplier": seen.volume_multiplier,
        "regime": seen.regime,
        "score": seen.score,
    }
    size = seen.candles
    every = (given.get("open"), highs, lows)
    plain["has_ohlc"] = all(one and None not in one[-size:] for one in every)
    for name, value in want.items():
        if name in prices:
            yield from differences(value, prices[name], abs(closes[-1]), name)
        else:
            yield from differences(value, plain.get(name, "not known"), path=name)


def chronos_score(given: Input, want: Any) -> Iterator[str]:
    """Forecast score of a median and deviation path."""
    got = forecast_score(given["median"], given["std"], given["current_price"], STANDARD)
    yield from differences(want, got)


def momentum(given: Input, want: Any) -> Iterator[str]:
    """Fallback score."""
    yield from differences(want, momentum_score(given["prices"], STANDARD))


def forecast_confidence_of(given: Input, want: Any) -> Iterator[str]:
    """Spread and confidence; the expected ones are rounded to 3 decimals, step by step."""
    steps, _ = forecast_confidence(given["q10"], given["q50"], given["q90"])
    rounded = [round(one, 3) for one in steps]
    got = {
        "std": quantile_spread(given["q10"], given["q90"]),
        "confidence_per_step": rounded,
        "confidence": round(sum(rounded) / len(rounded), 3) if rounded else 0.0,
    }
    yield from differences(want, got)


def _moment(text: Any) -> int | None:
    if text in (None, ""):
        return None
    if isinstance(text, int | float):
        return int(text * 1000)
    try:
        return instant.parse(text)
    except ValueError:
        return None


def article_sentiment(given: Input, want: Any) -> Iterator[str]:
    """Sentiment of a coin from weighted articles."""
    now = _moment(given["now"]) or 0
    weighted = []
    for number, one in enumerate(given["articles"]):
        votes = {name: value for name, value in (one.get("votes") or {}).items() if value}
        known = {name: votes[name] for name in attrs.fields_dict(Votes) if name in votes}
        article = Article(
            id=str(one.get("id", number)),
            title=one.get("title") or "",
            published_at=_moment(one.get("published_at")),
            arrived_at=now,
            coins=(),
            votes=Votes(**known),
            panic_score=one.get("panic_score"),
        )
        weighted.append((article, one["weight"]))
    scored = coin_sentiment("x", weighted, now, load_lexicon(), STANDARD)
    got = {
        "score": scored.score,
        "fresh_count": scored.fresh_articles,
        "vote_reliable": scored.scored_by_votes,
        "vote_unreliable": scored.articles - scored.scored_by_votes,
    }
    yield from differences(want, got)


def market(given: Input, want: Any) -> Iterator[str]:
    """Mood of the market and its parts."""
    seen = market_score(
        given["fear_greed"], given["mean_funding_rate"], given["btc_dominance"], 0, STANDARD
    )
    got = {
        "score": seen.score,
        "fear_greed_score": seen.fear_greed_score,
        "funding_score": seen.funding_score,
        "dominance_score": seen.dominance_score,
        "score_rounded4": round(seen.score, 4),
    }
    yield from differences(want, got)


def pair_score(given: Input, want: Any) -> Iterator[str]:
    """Total score; the expected components show 0 for an absent one."""
    mood = given.get("market") or {}
    found = total_score(
        given["pair"] == "btc_usdt",
        given["technical"],
        given["forecast"],
        given["confidence"],
        given["sentiment"],
        mood.get("market_score"),
        mood.get("btc_dominance"),
        STANDARD,
    )
    seen = given.get("indicators") or {}
    close = seen.get("current_price")
    upper, lower = seen.get("bb_upper"), seen.get("bb_lower")
    known = None not in (close, upper, lower)
    parts, weights = found.components, found.weights
    got = {
        "total_score": found.total,
        "components": {
            "technical": parts.technical or 0.0,
            "chronos": parts.forecast or 0.0,
            "sentiment": parts.sentiment or 0.0,
            "market_context": parts.market or 0.0,
        },
        "weights": {
            "technical": weights.technical,
            "chronos": weights.forecast,
            "sentiment": weights.sentiment,
            "market_context": weights.market,
        },
        "confidence": 0.5 if given["confidence"] is None else given["confidence"],
        "bollinger_width": (upper - lower) / close if known else STANDARD.bollinger_width_unknown,
        "macd_histogram": seen.get("macd_histogram") or 0.0,
        "macd_histogram_slope": seen.get("macd_histogram_slope") or 0.0,
    }
    yield from differences(want, got)


def thresholds_of(given: Input, want: Any) -> Iterator[str]:
    """Buy and sell threshold."""
    found = thresholds(given["bollinger_widths"], given["fear_greed"], STANDARD)
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
        Holding(DEFAULT.of(one["pair"]).pair, "", int((one["entry_time"] or 0) * 1000))
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


def _sell_threshold(limits: Thresholds, one: Input) -> float:
    reading = technical_stub(one["macd_histogram"] or 0.0, one["macd_histogram_slope"] or 0.0)
    return sell_threshold_of(limits, reading, STANDARD)


def technical_stub(histogram: float, slope: float) -> Any:
    """The two indicators that the sell threshold looks at."""

    @attrs.frozen
    class Seen:
        macd_histogram: float
        histogram_slope: float

    return Seen(histogram, slope)


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
            elif type(event).__name__ == "EntryDisbelieved":
                action = "SKIPPED"
            elif type(event).__name__ == "PeakRaised":
                held = attrs.evolve(held, peak=event.peak)
            else:
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


FUNCTIONS: dict[str, Check] = {
    "technical": technical,
    "chronos_score": chronos_score,
    "momentum": momentum,
    "forecast_confidence": forecast_confidence_of,
    "article_sentiment": article_sentiment,
    "market_score": market,
    "pair_score": pair_score,
    "thresholds": thresholds_of,
    "decision": decision,
    "trailing_stop": trailing_stop_of,
    "entry_levels": entry_levels_of,
    "kelly": kelly,
    "wilson": wilson,
    "trade_stats": trade_stats_of,
    "position_ticks": position_ticks,
}
"""By the stem of the vector file's name."""

WORDS = {
    "technical analysis": "technical",
    "forecast score": "chronos_score",
    "momentum": "momentum",
    "forecast spread": "forecast_confidence",
    "coin sentiment": "article_sentiment",
    "market-context": "market_score",
    "total score": "pair_score",
    "thresholds": "thresholds",
    "what to do": "decision",
    "trailing stop": "trailing_stop",
    "stop and take-profit": "entry_levels",
    "order size": "kelly",
    "wilson": "wilson",
    "win rate and mean": "trade_stats",
    "followed tick by tick": "position_ticks",
}
"""By what a file's `function` text says, for files of another name."""
