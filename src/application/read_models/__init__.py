"""The tables of the system and how they follow from the log.

A projection turns one event into rows; it may read the rows that are there. Live, its rows
are written in the same commit as the event; `rebuild` runs the same projections over the
whole log.
"""

from application.read_models.projection import PROJECTIONS, rows_as_they_are, rows_of
from application.read_models.tables import (
    ANALYSIS_STATE,
    BREAKER,
    BREAKER_KEY,
    LAST_ANALYSIS,
    LAST_ANALYSIS_KEY,
    MARKET_CONTEXT,
    POSITIONS,
    PRICES,
    SENTIMENT,
    SIGNALS,
    TABLES,
    TRADES,
    BreakerRow,
    LastAnalysisRow,
    MarketContextRow,
    OrderUnderWay,
    PositionRow,
    SentimentRow,
    SignalRow,
    TradeRow,
)

__all__ = [
    "ANALYSIS_STATE",
    "BREAKER",
    "BREAKER_KEY",
    "LAST_ANALYSIS",
    "LAST_ANALYSIS_KEY",
    "MARKET_CONTEXT",
    "POSITIONS",
    "PRICES",
    "PROJECTIONS",
    "SENTIMENT",
    "SIGNALS",
    "TABLES",
    "TRADES",
    "BreakerRow",
    "LastAnalysisRow",
    "MarketContextRow",
    "OrderUnderWay",
    "PositionRow",
    "SentimentRow",
    "SignalRow",
    "TradeRow",
    "rows_as_they_are",
    "rows_of",
]
