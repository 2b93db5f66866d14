"""Vectors of the scores: their input in our types, our answer in their words."""

from collections.abc import Iterator
from typing import Any

import attrs

from adapters.news_feed.lexicon import load_lexicon
from domain import instant
from domain.market.article import Article, Votes
from domain.parameters import STANDARD
from domain.scoring.forecast_score import forecast_confidence, forecast_score, quantile_spread
from domain.scoring.market_score import market_score
from domain.scoring.momentum_score import momentum_score
from domain.scoring.sentiment_score import coin_sentiment
from domain.scoring.technical_score import technical_reading
from domain.scoring.total_score import total_score
from tests.vectors.comparing import differences

Input = dict[str, Any]


def technical(given: Input, want: Any) -> Iterator[str]:
    """Indicators and score of one window; prices are compared in units of the last close."""
    p = attrs.evolve(STANDARD, technical_candles=given.get("limit", 250))
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
    got = forecast_score(given["median"], given.get("std"), given["current_price"], STANDARD)
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
        given.get("fear_greed"),
        given.get("mean_funding_rate"),
        given.get("btc_dominance"),
        0,
        STANDARD,
    )
    got = {
        "score": seen.score,
        "fear_greed_score": seen.fear_greed_score or 0.0,
        "funding_score": seen.funding_score or 0.0,
        "dominance_score": seen.dominance_score or 0.0,
        "score_rounded4": round(seen.score, 4),
    }
    yield from differences(want, got)


def pair_score(given: Input, want: Any) -> Iterator[str]:
    """Total score; the expected components show 0 for an absent one."""
    mood, confidence = given.get("market") or {}, given.get("confidence")
    found = total_score(
        given["pair"] == "btc_usdt",
        given.get("technical"),
        given.get("forecast"),
        confidence,
        given.get("sentiment"),
        mood.get("market_score"),
        mood.get("btc_dominance"),
        STANDARD,
    )
    seen = given.get("indicators") or {}
    close = seen.get("current_price")
    upper, lower = seen.get("bb_upper"), seen.get("bb_lower")
    width = STANDARD.bollinger_width_unknown
    if close is not None and upper is not None and lower is not None:
        width = (upper - lower) / close
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
        "confidence": 0.5 if confidence is None else confidence,
        "bollinger_width": width,
        "macd_histogram": seen.get("macd_histogram") or 0.0,
        "macd_histogram_slope": seen.get("macd_histogram_slope") or 0.0,
    }
    yield from differences(want, got)
