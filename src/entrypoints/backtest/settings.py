"""What a backtest is asked to do."""

from pathlib import Path

import attrs

from domain.instruments import Instruments
from domain.money import Jpy
from domain.parameters import StrategyParameters


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class BacktestSettings:
    """Files, period (ms), coins, cash and assumptions; None = not given, and then absent."""

    candles: tuple[Path, ...]
    usdjpy: str
    premium: str
    instruments: Instruments
    parameters: StrategyParameters
    cash: Jpy
    start: int | None = None
    end: int | None = None
    fear_greed: Path | None = None
    funding: Path | None = None
    dominance: Path | None = None
    news: Path | None = None
    forecasts: Path | None = None
    forecast_model: str | None = None
    events: Path | None = None
    spread_pct: float = 0.1
    slippage_pct: float = 0.05
    fee_pct: float = 0.0
    latency_ms: int = 500
    parts: int = 1
