"""The technical score: one window and many give the same bits, and the bits are right."""

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import TechnicalReading
from domain.market.candle_series import CandleSeries, FloatArray
from domain.parameters import STANDARD
from domain.scoring.technical_score import technical_reading, technical_readings

CANDLE = 300_000
SIZE = STANDARD.technical_candles


def series_of(close: FloatArray, seed: int = 1) -> CandleSeries:
    """Candles around closes, the high and low a little off."""
    rng = np.random.default_rng(seed)
    count = len(close)
    opened = np.concatenate((close[:1], close[:-1]))
    wick = 1.0 + rng.exponential(0.001, (2, count))
    return CandleSeries(
        "btc_usdt",
        np.arange(count, dtype=np.int64) * CANDLE,
        opened,
        np.maximum(opened, close) * wick[0],
        np.minimum(opened, close) / wick[1],
        close,
        rng.lognormal(3.0, 1.0, count),
    )


def walk(count: int, level: float = 100.0, step: float = 0.002, seed: int = 1) -> FloatArray:
    """A random walk of closes from a price level."""
    moves = np.random.default_rng(seed).normal(0.0, step, count)
    return np.asarray(level * np.exp(np.cumsum(moves)), dtype=np.float64)


def jumps(count: int) -> FloatArray:
    """Long stretches without any change, and sudden moves by a third."""
    rng = np.random.default_rng(5)
    moves = np.where(rng.random(count) < 0.05, rng.choice([-0.4, 0.4], count), 0.0)
    return np.asarray(100.0 * np.exp(np.cumsum(moves)), dtype=np.float64)


MARKETS: dict[str, FloatArray] = {
    "random walk": walk(330),
    "wild walk": walk(330, step=0.05, seed=2),
    "jumps": jumps(330),
    "constant": np.full(330, 0.1),
    "straight line": np.linspace(100.0, 160.0, 330),
    "tiny prices": walk(330, level=1e-9, seed=3),
    "huge prices": walk(330, level=1e12, seed=4),
    "whole yen steps": np.round(walk(330, level=50.0, step=0.02, seed=6)),
}
ENDS: dict[str, Callable[[int], list[int]]] = {
    "consecutive": lambda count: list(range(40, count)),
    "every twelfth": lambda count: list(range(11, count, 12)),
    "irregular": lambda count: [3, 49, 50, 248, 249, 250, 252, 300, 301, 321, count - 1],
    "one": lambda count: [count - 1],
}


def one_by_one(series: CandleSeries, ends: list[int]) -> list[TechnicalReading | None]:
    """Each window on its own, as the live system reads it."""
    return [
        technical_reading(
            series.open_time[: end + 1].tolist(),
            series.high[: end + 1].tolist(),
            series.low[: end + 1].tolist(),
            series.close[: end + 1].tolist(),
            series.volume[: end + 1].tolist(),
            STANDARD,
        )
        for end in ends
    ]


def read(
    close: FloatArray, volume: FloatArray | None = None, wicks: bool = True
) -> TechnicalReading:
    """The reading of the newest candles, which must be enough."""
    series = series_of(close)
    missing = [None] * len(close)
    reading = technical_reading(
        series.open_time.tolist(),
        series.high.tolist() if wicks else missing,
        series.low.tolist() if wicks else missing,
        close.tolist(),
        (series.volume if volume is None else volume).tolist(),
        STANDARD,
    )
    assert reading is not None
    return reading


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("ends", ENDS)
def test_many_windows_have_the_bits_of_one_window(market: str, ends: str) -> None:
    series = series_of(MARKETS[market])
    chosen = ENDS[ends](len(series))
    assert technical_readings(series, np.array(chosen), STANDARD) == one_by_one(series, chosen)


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_the_size_of_a_chunk_changes_no_bit(chunk: int) -> None:
    series = series_of(MARKETS["random walk"])
    ends = np.arange(200, 330, 4)
    assert technical_readings(series, ends, STANDARD, chunk) == one_by_one(series, ends.tolist())


@given(
    seed=st.integers(0, 2**32),
    level=st.floats(1e-8, 1e8),
    step=st.floats(1e-6, 0.3),
    ends=st.sets(st.integers(0, 319), min_size=1, max_size=12),
)
@settings(deadline=None, max_examples=25)
def test_any_walk_and_any_ends_give_the_same_bits(
    seed: int, level: float, step: float, ends: set[int]
) -> None:
    series = series_of(walk(320, level, step, seed), seed)
    chosen = sorted(ends)
    assert technical_readings(series, np.array(chosen), STANDARD) == one_by_one(series, chosen)


def test_no_ends_give_no_readings() -> None:
    assert technical_readings(series_of(walk(300)), np.array([], dtype=np.int64), STANDARD) == []


def test_missing_highs_or_lows_are_replaced_by_closes() -> None:
    close = walk(250).tolist()
    times, volumes, none = range(250), [1.0] * 250, [None] * 250
    by_close = technical_reading(times, close, close, close, volumes, STANDARD)
    assert technical_reading(times, none, none, close, volumes, STANDARD) == by_close
    gap = [one * 1.01 for one in close[:-1]] + [None]
    assert technical_reading(times, gap, close, close, volumes, STANDARD) == by_close


def test_a_missing_volume_counts_as_nothing() -> None:
    close = walk(250).tolist()
    volumes: list[float | None] = [1.0] * 250
    volumes[-5] = None
    zero = [0.0 if one is None else one for one in volumes]
    readings = [
        technical_reading(range(250), close, close, close, one, STANDARD) for one in (volumes, zero)
    ]
    assert readings[0] == readings[1]


def test_fewer_than_fifty_candles_give_no_reading() -> None:
    close = walk(50).tolist()
    of = (range(49), close[1:], close[1:], close[1:], close[1:], STANDARD)
    assert technical_reading(*of) is None
    assert technical_reading(range(50), close, close, close, close, STANDARD) is not None


def test_only_the_newest_candles_count() -> None:
    close = walk(400)
    assert read(close, wicks=False, volume=np.ones(400)) == attrs.evolve(
        read(close[-SIZE:], wicks=False, volume=np.ones(SIZE)), newest_open_time=399 * CANDLE
    )


def test_the_long_average_is_absent_under_two_hundred_closes() -> None:
    short, long = read(walk(199)), read(walk(200))
    assert short.sma_long is None
    weight = {"trending": 0.35, "ranging": 0.15, "neutral": 0.25}[short.regime]
    sign = 1.0 if short.close > short.sma_short else -1.0
    assert short.term_sma == pytest.approx(sign * 0.6 * weight)
    assert long.sma_long == pytest.approx(walk(200).mean(), rel=1e-12)


def test_constant_prices_are_neutral() -> None:
    seen = read(np.full(250, 0.1), volume=np.ones(250), wicks=False)
    assert seen.rsi == 50.0
    assert (seen.term_rsi, seen.term_macd, seen.term_bollinger) == (0.0, pytest.approx(0), 0.0)
    assert seen.adx == seen.atr == seen.histogram_slope == 0.0
    assert seen.regime == "ranging"


def test_only_rises_give_an_rsi_of_100_and_only_falls_of_0() -> None:
    assert read(np.linspace(100.0, 160.0, 250)).rsi == 100.0
    assert read(np.linspace(160.0, 100.0, 250)).rsi == 0.0


def test_adx_is_20_under_29_candles() -> None:
    p = attrs.evolve(STANDARD, technical_min_candles=35, adx_min_candles=60)
    close = walk(50).tolist()
    seen = technical_reading(range(50), close, close, close, close, p)
    assert seen is not None
    assert (seen.adx, seen.regime) == (20.0, "neutral")


@given(seed=st.integers(0, 2**32), step=st.floats(1e-5, 0.5), count=st.integers(50, 260))
@settings(deadline=None, max_examples=40)
def test_score_and_terms_stay_in_their_bounds(seed: int, step: float, count: int) -> None:
    seen = read(walk(count, step=step, seed=seed))
    weight = {"trending": 0.15, "ranging": 0.35, "neutral": 0.25}[seen.regime]
    assert -1.0 <= seen.score <= 1.0
    assert abs(seen.term_rsi) <= weight
    assert abs(seen.term_bollinger) <= 1.2 * weight + 1e-15
    assert abs(seen.term_macd) <= 0.5 - weight
    assert abs(seen.term_sma) <= 0.5 - weight
    assert 0.0 <= seen.rsi <= 100.0
    assert -1e-9 <= seen.adx <= 100.0 + 1e-9
    assert 1.0 <= seen.volume_multiplier <= 1.3
    assert -1.0 <= seen.histogram_slope <= 1.0


@given(seed=st.integers(0, 2**32), power=st.integers(-60, 60))
@settings(deadline=None, max_examples=30)
def test_a_price_level_times_a_power_of_two_changes_no_bit_of_the_score(
    seed: int, power: int
) -> None:
    series = series_of(walk(250, seed=seed), seed)
    scale = 2.0**power
    scaled = attrs.evolve(
        series,
        **{name: getattr(series, name) * scale for name in ("open", "high", "low", "close")},
    )
    (one,), (other,) = (one_by_one(each, [249]) for each in (series, scaled))
    assert one is not None
    assert other is not None
    prices = {"close", "macd", "macd_signal", "macd_histogram", "sma_short", "sma_long", "atr"}
    prices |= {"bollinger_upper", "bollinger_middle", "bollinger_lower"}
    for name, value in attrs.asdict(one).items():
        assert getattr(other, name) == (value * scale if name in prices else value), name


@pytest.mark.parametrize("seed", range(12))
def test_an_rsi_between_the_extremes_leans_a_little(seed: int) -> None:
    seen = read(walk(250, seed=seed))
    weight = {"trending": 0.15, "ranging": 0.35, "neutral": 0.25}[seen.regime]
    wanted = (50.0 - seen.rsi) / 200.0 * (weight / 0.25)
    if not 30.0 <= seen.rsi <= 70.0:
        wanted = weight if seen.rsi < 30.0 else -weight
    assert seen.term_rsi == pytest.approx(wanted, abs=1e-15)


@pytest.mark.parametrize(
    ("newest", "multiplier"),
    [(0.0, 1.0), (1.5, 1.0), (2.0, 1.15), (2.5, 1.3), (50.0, 1.3)],
)
def test_unusual_volume_multiplies_the_score(newest: float, multiplier: float) -> None:
    volume = np.ones(250)
    volume[-1] = newest
    calm, busy = read(walk(250), volume=np.ones(250)), read(walk(250), volume=volume)
    assert busy.volume_multiplier == pytest.approx(multiplier, abs=1e-12)
    assert busy.score == pytest.approx(calm.score * multiplier, abs=1e-12)


def test_a_rising_staircase_has_the_values_worked_by_hand() -> None:
    """Closes 1, 2, ..., 50 without wicks.

    RSI: only rises: 100 -> -w. ADX: only +DM: 100 -> trending, w = .15 and .35. True range 1.
    An SMA-seeded EMA(n) of a line lags (n-1)/2: MACD = 12.5 - 5.5 = 7 at every step, and so is
    its signal: histogram 0. SMA20 = mean(31..50) = 40.5; no SMA200: close > SMA20 -> .6 x .35.
    Deviation of 20 steps = sqrt((400 - 1)/12) = 5.766; p = (9.5 + 11.53)/(23.07) = 0.912.
    """
    seen = read(np.arange(1.0, 51.0), volume=np.ones(50), wicks=False)
    assert (seen.rsi, seen.atr, seen.regime) == (100.0, pytest.approx(1), "trending")
    assert seen.adx == pytest.approx(100)
    assert (seen.macd, seen.macd_signal) == (pytest.approx(7), pytest.approx(7))
    assert seen.macd_histogram == pytest.approx(0, abs=1e-12)
    assert seen.sma_short == seen.bollinger_middle == 40.5
    assert seen.bollinger_upper == pytest.approx(40.5 + 2 * (399 / 12) ** 0.5)
    place = 0.5 + 9.5 / (4 * (399 / 12) ** 0.5)
    assert seen.term_rsi == -0.15
    assert seen.term_sma == pytest.approx(0.21)
    assert seen.term_bollinger == pytest.approx((0.5 - place) * 2 * 0.15)
    assert seen.score == pytest.approx(-0.15 + 0.21 - 0.3 * (place - 0.5))
