"""Candles: random walks, and the shapes that break careless arithmetic."""

import numpy as np

from domain.instant import CANDLE
from domain.market.candle_series import CandleSeries, FloatArray

START = 1_760_000_100_000


def series_of(
    close: FloatArray,
    high: FloatArray | None = None,
    low: FloatArray | None = None,
    volume: FloatArray | None = None,
) -> CandleSeries:
    """A series without gaps; highs and lows are the closes unless given."""
    count = len(close)
    return CandleSeries(
        "X",
        START + CANDLE * np.arange(count, dtype=np.int64),
        np.concatenate((close[:1], close[:-1])),
        close if high is None else high,
        close if low is None else low,
        close,
        np.ones(count) if volume is None else volume,
    )


def random_walk(
    count: int, seed: int, *, level: float = 100.0, volatility: float = 0.002
) -> CandleSeries:
    """A random walk in USDT with highs, lows and volumes like those of real candles."""
    rng = np.random.default_rng(seed)
    close = level * np.exp(np.cumsum(rng.normal(0.0, volatility, count)))
    before = np.concatenate((close[:1], close[:-1]))
    high = np.maximum(close, before) * (1 + np.abs(rng.normal(0, volatility / 2, count)))
    low = np.minimum(close, before) * (1 - np.abs(rng.normal(0, volatility / 2, count)))
    return series_of(close, high, low, rng.lognormal(3.0, 1.2, count))


def with_jumps(count: int, seed: int) -> CandleSeries:
    """Long still stretches, single jumps of up to a third, and candles without volume."""
    rng = np.random.default_rng(seed)
    change = np.where(rng.random(count) < 0.02, rng.uniform(0.7, 1.3, count), 1.0)
    close = np.round(50.0 * np.cumprod(change), 2) + 0.01
    return series_of(close, volume=np.where(rng.random(count) < 0.3, 0.0, 5.0))


def shapes(count: int) -> dict[str, CandleSeries]:
    """One series of every shape, by name."""
    steps = np.arange(count, dtype=np.float64)
    return {
        "walk": random_walk(count, 1),
        "wild": random_walk(count, 2, volatility=0.05),
        "calm": random_walk(count, 3, volatility=1e-7),
        "huge": random_walk(count, 4, level=1e12),
        "tiny": random_walk(count, 5, level=1e-9),
        "jumps": with_jumps(count, 6),
        "constant": series_of(np.full(count, 0.1)),
        "rising": series_of(100.0 + steps),
        "falling": series_of(100.0 + count - steps),
        "zigzag": series_of(100.0 + steps % 2),
    }
