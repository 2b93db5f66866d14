"""A market with rules that a tuner can find, one of which turns over: made hour by hour.

The strategy's own score of every hour decides what comes after it. Between two thresholds a coin
falls after the hour, or rises; a model that knows nothing forecasts beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from application.ports.forecaster import Forecast
from domain.events import TechnicalReading
from domain.instant import CANDLE, DAY, HOUR
from domain.market.candle_series import CandleSeries
from domain.scoring.forecast_score import forecast_confidence, forecast_score
from domain.scoring.technical_score import technical_reading
from domain.scoring.total_score import total_score
from domain.strategy.thresholds import thresholds
from entrypoints.tuning.worlds import CALM, PER_HOUR, START, random_returns, slow_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from application.errors import Broken
    from domain.parameters import StrategyParameters

COMES_IN: Final = 6 * PER_HOUR
"""Candles over which a rule comes about."""
QUIETER: Final = 0.6
"""So much less than in other made-up worlds happens by chance: a quarter is short."""
MODEL: Final = "planted"


@attrs.frozen(kw_only=True)
class Rule:
    """From a day to before another: scores in [low, high), as thresholds, move a coin by `move`.

    `move` is a fraction, < 0 for a fall.
    """

    first_day: int
    end_day: int
    low: float
    high: float
    move: float


class PlantedForecaster:
    """A model whose answers were made with the market, by pair and time (ms)."""

    def __init__(self, paths: Mapping[tuple[str, int], float]) -> None:
        self._medians = paths

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast | Broken]:
        """A level path each, and sure of it."""
        return {
            pair: Forecast(MODEL, *((median,) * steps,) * 3)
            for pair in series
            if (median := self._medians.get((pair, at))) is not None
        }


@attrs.frozen
class PlantedMarket:
    """Candles by pair, and the model that goes with them."""

    series: Mapping[str, CandleSeries]
    forecaster: PlantedForecaster


class _Growing:
    """Candles as far as they are made, arrays of shape (coins, candles)."""

    def __init__(self, rng: np.random.Generator, coins: int, ticks: int) -> None:
        self.returns = random_returns(rng, ticks)[:coins] * QUIETER
        self._beyond = np.abs(rng.standard_normal((2, coins, ticks))) * CALM * QUIETER / 2
        self.volume = np.exp(rng.standard_normal((coins, ticks)) * 0.5) * 1000.0
        shape = (coins, ticks)
        self.open, self.high, self.low, self.close = (np.empty(shape) for _ in range(4))
        self._made = 0

    def grow(self, end: int) -> None:
        """Make the candles up to, and without, an index."""
        first = self._made
        new = slice(first, end)
        before = self.close[:, first - 1 : first] if first else np.full((len(self.close), 1), 100.0)
        self.close[:, new] = before * np.exp(np.cumsum(self.returns[:, new], axis=1))
        self.open[:, new] = np.concatenate([before, self.close[:, first : end - 1]], axis=1)
        top = np.maximum(self.open[:, new], self.close[:, new])
        bottom = np.minimum(self.open[:, new], self.close[:, new])
        self.high[:, new] = top * (1.0 + self._beyond[0][:, new])
        self.low[:, new] = bottom * (1.0 - self._beyond[1][:, new])
        self._made = end

    def reading(self, coin: int, end: int, p: StrategyParameters) -> TechnicalReading | None:
        """The technical reading of the window that ends before an index."""
        window = slice(max(0, end - p.technical_candles), end)
        columns = (self.high, self.low, self.close, self.volume)
        high, low, close, volume = (one[coin, window].tolist() for one in columns)
        times = [START + (end - 1) * CANDLE]
        return technical_reading(times, high, low, close, volume, p)


def planted_market(
    seed: int, days: int, pairs: Sequence[str], rules: Sequence[Rule], p: StrategyParameters
) -> PlantedMarket:
    """Make it; hours before the first whole window have no rule, and no forecast."""
    rng = np.random.default_rng([seed, 2])
    ticks = days * DAY // CANDLE
    market = _Growing(rng, len(pairs), ticks)
    wanted = slow_scores(rng, ticks // PER_HOUR)
    medians: dict[tuple[str, int], float] = {}
    for hour in range(1, ticks // PER_HOUR + 1):
        end = hour * PER_HOUR
        market.grow(end)
        if end < p.technical_candles:
            continue
        at = START + end * CANDLE
        readings = [market.reading(coin, end, p) for coin in range(len(pairs))]
        widths = [one.bollinger_width for one in readings if one is not None]
        volatility = thresholds(widths, None, p).volatility
        for coin, pair in enumerate(pairs):
            price = float(market.close[coin, end - 1])
            score = float(wanted[coin, hour - 1])
            median = price * (1.0 + score * p.forecast_full_scale_pct / 100.0)
            medians[pair, at] = median
            total = _total(pair, readings[coin], median, price, p)
            move = _move(rules, at, total / volatility)
            market.returns[coin, end : end + COMES_IN] += math.log1p(move) / COMES_IN
    times = START + CANDLE * np.arange(ticks, dtype=np.int64)
    series = {
        pair: CandleSeries(
            pair,
            times,
            *(
                np.ascontiguousarray(one[coin])
                for one in (market.open, market.high, market.low, market.close, market.volume)
            ),
        )
        for coin, pair in enumerate(pairs)
    }
    return PlantedMarket(series, PlantedForecaster(medians))


def _total(
    pair: str, reading: TechnicalReading | None, median: float, price: float, p: StrategyParameters
) -> float:
    """What the strategy is going to make of it."""
    path = [median] * p.forecast_steps
    _, sure = forecast_confidence(path, path, path)
    score = forecast_score(path, [0.0] * p.forecast_steps, price, p)
    technical = None if reading is None else reading.score
    return total_score(pair == "btc_usdt", technical, score, sure, None, None, None, p).total


def _move(rules: Sequence[Rule], at: int, scaled: float) -> float:
    day = (at - START) // DAY
    return sum(
        rule.move
        for rule in rules
        if rule.first_day <= day < rule.end_day and rule.low <= scaled < rule.high
    )


def on_the_hour(
    moves: Mapping[str, float], last: int | None, now: int, p: StrategyParameters
) -> str | None:
    """When this market's scores are made."""
    del moves, last, p
    return "hour" if now % HOUR == 0 else None
