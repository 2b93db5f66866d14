"""A market made from a seed: correlated coins, calm and wild spells, jumps, missing candles.

Only + - * / and square roots make the prices, in one fixed order, so that a seed gives the same
market on any machine; each coin has its own stream of chance, so that leaving one out does not
change the others.
"""

import math
import zlib
from typing import Final

import attrs
import numpy as np

from domain.instant import CANDLE, DAY
from domain.instruments import Instrument, Instruments
from domain.market.candle_series import BoolArray, CandleSeries, FloatArray, IntArray

START: Final = 1_735_689_600_000
"""2025-01-01T00:00Z, where a synthetic market begins unless told otherwise (ms)."""

_PER_DAY = DAY // CANDLE
_LARGEST_STEP = 0.12  # of one candle; a jump beyond it is cut


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class _Character:
    """How a coin behaves: price at the start, share of the market's moves, own 5-minute noise."""

    level: float
    beta: float
    noise: float
    decimals: int
    turnover: float  # USDT per ordinary candle


_CHARACTERS = {
    "BTC": _Character(level=94_000.0, beta=0.85, noise=0.00045, decimals=2, turnover=4e6),
    "ETH": _Character(level=3_350.0, beta=1.10, noise=0.0007, decimals=2, turnover=3e6),
    "XRP": _Character(level=2.1, beta=1.05, noise=0.0013, decimals=4, turnover=1.2e6),
    "SOL": _Character(level=190.0, beta=1.25, noise=0.0010, decimals=2, turnover=1.5e6),
    "DOGE": _Character(level=0.32, beta=1.30, noise=0.0012, decimals=5, turnover=8e5),
    "AVAX": _Character(level=36.0, beta=1.30, noise=0.0013, decimals=2, turnover=3e5),
}
_UNKNOWN = _Character(level=100.0, beta=1.1, noise=0.0010, decimals=3, turnover=5e5)


def synthetic_market(
    seed: int, days: float, instruments: Instruments, start_ms: int = START
) -> dict[str, CandleSeries]:
    """Five-minute candles of so many days by analysis pair, from `start_ms` on the 5-minute grid.

    `seed` >= 0. About 0.2 % of the candles are missing, never the first or the last one. Raises
    ValueError for a period shorter than a candle or a start off the grid.
    """
    count = round(days * _PER_DAY)
    if count < 1:
        raise ValueError(f"{days} days is shorter than one candle")
    if start_ms % CANDLE:
        raise ValueError(f"start_ms = {start_ms} is off the 5-minute grid")
    chance = _chance(seed, "market")
    market = _drift(chance, count) + _clustered(chance, count, 0.00105) + _jumps(chance, count, 0.8)
    outages = _missing(chance, count, every_days=45.0, longest=9)
    times = start_ms + CANDLE * np.arange(count, dtype=np.int64)
    return {one.pair: _coin(one, seed, times, market, outages) for one in instruments}


def _chance(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def _coin(
    coin: Instrument, seed: int, times: IntArray, market: FloatArray, outages: BoolArray
) -> CandleSeries:
    own = _CHARACTERS.get(coin.news, _UNKNOWN)
    count = len(times)
    chance = _chance(seed, coin.pair)
    moves = own.beta * market + _clustered(chance, count, own.noise) + _jumps(chance, count, 0.25)
    np.clip(moves, -_LARGEST_STEP, _LARGEST_STEP, out=moves)
    tick = 1 / 10**own.decimals
    close = np.round(np.maximum(own.level * np.cumprod(1.0 + moves), tick), own.decimals)
    opened = np.concatenate(([own.level], close[:-1]))  # each opens where the last one closed
    # beyond open and close a candle reaches about as far as its coin usually moves
    usual = own.noise + own.beta * 0.0010
    reach = usual * (0.05 + chance.random((2, count)) ** 2) + 0.2 * np.abs(moves)
    reach *= chance.random((2, count))
    high = np.round(np.maximum(opened, close) * (1.0 + reach[0]), own.decimals)
    low = np.round(np.minimum(opened, close) * (1.0 - reach[1]), own.decimals)
    low = np.minimum(np.maximum(low, tick), np.minimum(opened, close))
    busy = (0.3 + chance.random(count)) * (0.4 + np.abs(moves) / usual)
    volume = np.round(own.turnover * busy / close, 3)
    there = ~(outages | _missing(chance, count, every_days=6.0, longest=4))
    there[[0, -1]] = True
    columns = (opened, high, low, close, volume)
    return CandleSeries(coin.pair, times[there], *(one[there] for one in columns))


def _clustered(chance: np.random.Generator, count: int, usual: float) -> FloatArray:
    """Moves of standard deviation `usual` whose size lingers: GARCH(1,1), plain arithmetic."""
    variance = 1.0
    moves = []
    for shock in chance.standard_normal(count).tolist():
        move = shock * math.sqrt(variance)
        moves.append(move)
        # capped: one wild candle may not make the next hour impossible
        variance = min(0.012 + 0.063 * move * move + 0.925 * variance, 16.0)
    return usual * np.array(moves)


def _drift(chance: np.random.Generator, count: int) -> FloatArray:
    """A trend per candle that changes every half day to three days, of up to 4 % a day."""
    parts: list[FloatArray] = []
    done = 0
    while done < count:
        length = int(chance.integers(_PER_DAY // 2, 3 * _PER_DAY))
        parts.append(np.full(length, (2.0 * chance.random() - 1.0) * 0.04 / _PER_DAY))
        done += length
    return np.concatenate(parts)[:count]


def _jumps(chance: np.random.Generator, count: int, per_day: float) -> FloatArray:
    """Rare single steps of 0.5 to 4.5 %, small ones more often, somewhat more down than up."""
    comes = chance.random(count) < per_day / _PER_DAY
    size = 0.005 + 0.04 * chance.random(count) ** 4
    sign = np.where(chance.random(count) < 0.45, 1.0, -1.0)
    return np.where(comes, sign * size, 0.0)


def _missing(chance: np.random.Generator, count: int, every_days: float, longest: int) -> BoolArray:
    begins = np.flatnonzero(chance.random(count) < 1.0 / (every_days * _PER_DAY))
    gone = np.zeros(count, dtype=np.bool_)
    for first, length in zip(begins, chance.integers(1, longest, len(begins)), strict=True):
        gone[first : first + length] = True
    return gone
