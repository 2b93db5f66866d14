"""Which function a vector file is about: by its name, its text, or what it gives."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.vectors import scores, trades

Check = Callable[[dict[str, Any], Any], Iterator[str]]
"""(input, expected) -> one text for each difference."""

FUNCTIONS: dict[str, Check] = {
    "technical": scores.technical,
    "chronos_score": scores.chronos_score,
    "momentum": scores.momentum,
    "forecast_confidence": scores.forecast_confidence_of,
    "article_sentiment": scores.article_sentiment,
    "market_score": scores.market,
    "pair_score": scores.pair_score,
    "thresholds": trades.thresholds_of,
    "decision": trades.decision,
    "trailing_stop": trades.trailing_stop_of,
    "entry_levels": trades.entry_levels_of,
    "kelly": trades.kelly,
    "wilson": trades.wilson,
    "trade_stats": trades.trade_stats_of,
    "position_ticks": trades.position_ticks,
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

KEYS = {
    "technical": ("close", "high", "low"),
    "chronos_score": ("median", "current_price"),
    "forecast_confidence": ("q10", "q50", "q90"),
    "article_sentiment": ("articles", "now"),
    "pair_score": ("technical", "forecast", "sentiment"),
    "market_score": ("fear_greed", "mean_funding_rate", "btc_dominance"),
    "thresholds": ("bollinger_widths",),
    "decision": ("scored", "positions"),
    "trailing_stop": ("current_stop", "highest_price"),
    "kelly": ("available_jpy", "stats"),
    "wilson": ("wins", "total"),
    "trade_stats": ("now", "positions"),
    "position_ticks": ("entry_price", "prices"),
    "momentum": ("prices",),
    "entry_levels": ("entry_price",),
}
"""By what the first input has at least; looked through in order."""


def function_of(stem: str, text: str, first: object) -> str | None:
    """Name of the function of a file with this stem, `function` text and first case."""
    named = [name for name in FUNCTIONS if name in stem.lower()]
    if named:
        return max(named, key=len)
    for words, name in WORDS.items():
        if words in text.lower():
            return name
    given = first.get("input") if isinstance(first, dict) else None
    if isinstance(given, dict):
        return next((name for name, keys in KEYS.items() if given.keys() >= {*keys}), None)
    return None
