"""Made-up quarters for the tuner: one where there is nothing to find, one where there is.

Both are recordings as a log would give them, with an analysis an hour, six coins and a common
market factor; prices have no drift.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

import numpy as np

from domain.events import Components, TechnicalReading
from domain.instant import CANDLE, DAY, HOUR
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.parameters import STANDARD, StrategyParameters
from domain.scoring.momentum_score import momentum_score
from domain.scoring.technical_score import technical_readings
from domain.scoring.total_score import weighted, weights_of
from domain.strategy.thresholds import is_fading, thresholds
from domain.tuning.change import MOST_THRESHOLD
from domain.tuning.recording import AnalysisSeen, PairSeen, Recording

if TYPE_CHECKING:
    FloatArray = np.ndarray

START: Final = 1_735_689_600_000
"""Midnight of a first of January (ms)."""
CALM: Final = 0.002
"""Standard deviation of a 5-minute return."""
SHARED: Final = 0.6
"""The share of a return's variance that all coins have in common."""
PER_HOUR: Final = HOUR // CANDLE
KEEPS: Final = 0.9
"""How much of a made-up component is left after an hour."""
LOSES_FOR: Final = 6 * PER_HOUR
"""Ticks in which a planted loss comes about."""


def null_world(seed: int, days: int, p: StrategyParameters = STANDARD) -> Recording:
    """Random walks: technical and momentum scores are real, news and mood are noise."""
    rng = np.random.default_rng([seed, 0])
    ticks = days * DAY // CANDLE
    returns = random_returns(rng, ticks)
    at = np.arange(p.technical_candles, ticks, PER_HOUR)
    news, mood = slow_scores(rng, len(at)), slow_scores(rng, len(at))
    recording = _priced(returns, p)
    readings: dict[str, list[TechnicalReading | None]] = {}
    momentum: dict[str, list[float]] = {}
    for index, pair in enumerate(DEFAULT.pairs):
        readings[pair] = technical_readings(_series(pair, returns[index], rng), at, p)
        closes = recording.closes[pair]
        need = p.momentum_long_candles + 1
        momentum[pair] = [momentum_score(closes[end - need + 1 : end + 1], p) for end in at]
    sure = p.momentum_confidence
    damped = sure / p.confidence_full
    for n, tick in enumerate(at.tolist()):
        seen = {
            pair: PairSeen(
                Components(
                    technical.score,
                    momentum[pair][n] * damped,
                    float(news[index, n]),
                    float(mood[0, n]),
                ),
                sure,
                0.0,
                is_fading(technical, p),
                is_buyable=True,
            )
            for index, pair in enumerate(DEFAULT.pairs)
            if (technical := readings[pair][n]) is not None
        }
        widths = [one[n].bollinger_width for one in readings.values() if one[n] is not None]  # type: ignore[union-attr]
        factor = thresholds(widths, None, p).volatility
        recording.analyses.append(AnalysisSeen(tick, factor, 1.0, tuple(seen.items())))
    return recording


def planted_world(seed: int, days: int, loss: float, p: StrategyParameters = STANDARD) -> Recording:
    """Scores say nothing of prices, but for this: buying just over the threshold loses.

    After every score from the threshold up to 0.03 over it the coin falls by `loss` (a fraction)
    in six hours. The tuner has found it when it raises the buy threshold.
    """
    rng = np.random.default_rng([seed, 1])
    ticks = days * DAY // CANDLE
    returns = random_returns(rng, ticks)
    at = np.arange(p.technical_candles, ticks, PER_HOUR)
    parts = [slow_scores(rng, len(at)) for _ in range(4)]
    weights = weights_of(None, p)
    analyses = []
    for n, tick in enumerate(at.tolist()):
        seen = []
        for index, pair in enumerate(DEFAULT.pairs):
            own = Components(*(float(one[index, n]) for one in parts))
            total = weighted(own, weights, 0.0)
            if p.buy_threshold <= total < p.buy_threshold + MOST_THRESHOLD:
                returns[index, tick + 1 : tick + 1 + LOSES_FOR] -= loss / LOSES_FOR
            seen.append((pair, PairSeen(own, None, 0.0, is_fading=False, is_buyable=True)))
        analyses.append(AnalysisSeen(tick, 1.0, 1.0, tuple(seen)))
    recording = _priced(returns, p)
    recording.analyses = analyses
    return recording


def random_returns(rng: np.random.Generator, ticks: int) -> FloatArray:
    """Log returns, shape (coins, ticks): one factor for all, the rest their own."""
    own = rng.standard_normal((len(DEFAULT.pairs), ticks)) * np.sqrt(1.0 - SHARED)
    return (own + rng.standard_normal(ticks) * np.sqrt(SHARED)) * CALM - CALM**2 / 2


def slow_scores(rng: np.random.Generator, count: int) -> FloatArray:
    """Scores -1..1 that forget slowly, shape (coins, count)."""
    shocks = rng.standard_normal((len(DEFAULT.pairs), count)) * 0.5 * np.sqrt(1.0 - KEEPS**2)
    found = np.empty_like(shocks)
    value = shocks[:, 0] / np.sqrt(1.0 - KEEPS**2)
    for at in range(count):
        value = value * KEEPS + shocks[:, at]
        found[:, at] = value
    return np.clip(found, -1.0, 1.0)


def _priced(returns: FloatArray, p: StrategyParameters) -> Recording:
    """A recording of these prices without an analysis; a candle opens at the close before it."""
    recording = Recording(p)
    ticks = returns.shape[1]
    recording.times = array("q", range(START + CANDLE, START + (ticks + 1) * CANDLE, CANDLE))
    for index, pair in enumerate(DEFAULT.pairs):
        closes = np.exp(np.cumsum(returns[index])) * 100.0
        recording.closes[pair] = array("d", closes.tobytes())
        recording.opens[pair] = array("d", np.concatenate([[100.0], closes[:-1]]).tobytes())
    return recording


def _series(pair: str, returns: FloatArray, rng: np.random.Generator) -> CandleSeries:
    """The candles of a pair: highs and lows a little beyond open and close."""
    close = np.exp(np.cumsum(returns)) * 100.0
    opened = np.concatenate([[100.0], close[:-1]])
    beyond = np.abs(rng.standard_normal((2, len(close)))) * CALM / 2
    times = START + CANDLE * np.arange(len(close), dtype=np.int64)
    volume = np.exp(rng.standard_normal(len(close)) * 0.5) * 1000.0
    high = np.maximum(opened, close) * (1.0 + beyond[0])
    low = np.minimum(opened, close) * (1.0 - beyond[1])
    return CandleSeries(pair, times, opened, high, low, close, volume)
