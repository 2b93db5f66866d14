"""A synthetic market: correlated coins, volatility clusters, jumps and gaps, from one seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from domain.instant import CANDLE, DAY
from domain.market.candle_series import CandleSeries

if TYPE_CHECKING:
    from domain.instruments import Instruments

START = 1_735_689_600_000
"""2025-01-01T00:00:00Z in ms."""

# level in USDT and deviation of a 5-minute return, as they were at the beginning of 2025
COINS = {
    "ETH": (3300.0, 0.0020),
    "BTC": (94_000.0, 0.0015),
    "XRP": (2.1, 0.0024),
    "SOL": (190.0, 0.0026),
    "DOGE": (0.32, 0.0028),
    "AVAX": (36.0, 0.0027),
}
OTHER = (100.0, 0.0025)
CORRELATION = 0.7
GARCH_ALPHA, GARCH_BETA = 0.08, 0.90
DEGREES = 5
"""Student's t: how fat the tails of a return are."""
JUMPS_PER_DAY = 0.6
JUMP_SIZE = 0.012
GAPS_PER_DAY = 0.05
GAP_CANDLES = 12
STEPS = 4
"""Steps within a candle, for its high and low."""


def synthetic_market(
    seed: int, days: float, instruments: Instruments, start_ms: int = START
) -> dict[str, CandleSeries]:
    """5-minute candles of every coin by pair; the same for the same seed.

    Returns share one factor; their variance follows GARCH(1,1) with Student's t shocks;
    market-wide jumps and missing stretches come at random. Prices are rounded to six
    significant digits, which hides the last bits in which machines may differ.
    """
    rng = np.random.default_rng(seed)
    count = max(1, round(days * DAY / CANDLE))
    coins = list(instruments)
    levels = np.array([COINS.get(one.news, OTHER)[0] for one in coins])
    calm = np.array([COINS.get(one.news, OTHER)[1] for one in coins])
    returns = _returns(rng, count, calm)
    path = np.exp(np.cumsum(returns.reshape(count * STEPS, len(coins)), axis=0)) * levels
    volumes = _volumes(rng, returns, levels, calm)
    times = start_ms + CANDLE * np.arange(count, dtype=np.int64)
    series = {}
    for at, coin in enumerate(coins):
        prices = _significant(path[:, at], 6).reshape(count, STEPS)
        close = np.ascontiguousarray(prices[:, -1])
        opened = np.concatenate(([_significant(levels[at : at + 1], 6)[0]], close[:-1]))
        kept = _without_gaps(rng, count)
        series[coin.pair] = CandleSeries(
            coin.pair,
            times[kept],
            opened[kept],
            np.maximum(prices.max(axis=1), opened)[kept],
            np.minimum(prices.min(axis=1), opened)[kept],
            close[kept],
            volumes[kept, at],
        )
    return series


def _returns(rng: np.random.Generator, count: int, calm: np.ndarray) -> np.ndarray:
    """Log returns of every step, shape (count, STEPS, coins)."""
    shape = (count, STEPS, len(calm))
    unit = np.sqrt((DEGREES - 2) / DEGREES)
    shared = rng.standard_t(DEGREES, (count, STEPS, 1)) * unit
    own = rng.standard_t(DEGREES, shape) * unit
    shocks = np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own
    base = calm**2 * (1 - GARCH_ALPHA - GARCH_BETA)
    variance = calm**2
    returns = np.empty(shape)
    for at in range(count):
        returns[at] = shocks[at] * np.sqrt(variance / STEPS)
        moved = returns[at].sum(axis=0)
        variance = np.minimum(
            base + GARCH_ALPHA * moved * moved + GARCH_BETA * variance, 64 * calm**2
        )
    jumps = rng.random(count) < JUMPS_PER_DAY * CANDLE / DAY
    sizes = rng.standard_normal((count, 1)) * JUMP_SIZE
    returns[:, 0, :] += np.where(jumps[:, None], sizes * calm / calm.mean(), 0.0)
    return returns


def _volumes(
    rng: np.random.Generator, returns: np.ndarray, levels: np.ndarray, calm: np.ndarray
) -> np.ndarray:
    """Coins traded: more when prices move, about 2 million USDT a candle."""
    count, _, coins = returns.shape
    noise = np.exp(rng.standard_normal((count, coins)) * 0.5)
    moved = np.abs(returns.sum(axis=1)) / calm
    return _significant(noise * (1 + moved) * 1e6 / levels, 5)


def _without_gaps(rng: np.random.Generator, count: int) -> np.ndarray:
    """Which candles exist."""
    kept = np.ones(count, dtype=bool)
    begins = np.flatnonzero(rng.random(count) < GAPS_PER_DAY * CANDLE / DAY)
    lengths = rng.integers(1, GAP_CANDLES + 1, len(begins))
    for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True):
        kept[max(1, begin) : begin + length] = False
    return kept


def _significant(values: np.ndarray, digits: int) -> np.ndarray:
    """Rounded to so many significant digits, by powers of ten that are exact."""
    places = digits - 1 - np.floor(np.log10(values)).astype(int)
    rounded = np.empty_like(values)
    for place in np.unique(places).tolist():
        chosen = places == place
        rounded[chosen] = np.round(values[chosen], place)
    return rounded
