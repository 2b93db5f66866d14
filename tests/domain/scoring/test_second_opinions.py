"""Indicators against TA-Lib and finta, on real window lengths.

Ours see the newest 250 candles, the libraries the whole history. SMA, Bollinger bands and
their like look back 20 or 200 candles and must agree to rounding. Recursive averages forget
their seed: after 250 candles Wilder's (13/14 a step) has kept (13/14)^235 = 3e-8 of it, twice
smoothed ADX some hundred times that, an EMA(26) (25/27 a step) 3e-8. The tolerances say so.
"""

import numpy as np
import pandas as pd
import pytest
import talib
from finta import TA

from domain.events import TechnicalReading
from domain.market.candle_series import CandleSeries, FloatArray
from domain.parameters import STANDARD
from domain.scoring.technical_score import technical_reading, technical_readings

ROWS = 1_300
FIRST = 299
"""Every row from here on is compared: 1001 of them."""
EXACT = 1e-10
RSI_OFF = 1e-5
ADX_OFF = 1e-4
"""In points of 0..100; prices are compared relative to the close."""


@pytest.fixture(scope="module", params=[0.002, 0.02], ids=["calm", "wild"])
def series(request: pytest.FixtureRequest) -> CandleSeries:
    rng = np.random.default_rng(11)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, request.param, ROWS)))
    opened = np.concatenate((close[:1], close[:-1]))
    wick = 1.0 + rng.exponential(request.param / 2, (2, ROWS))
    return CandleSeries(
        "btc_usdt",
        np.arange(ROWS, dtype=np.int64) * 300_000,
        opened,
        np.maximum(opened, close) * wick[0],
        np.minimum(opened, close) / wick[1],
        close,
        rng.lognormal(3.0, 1.0, ROWS),
    )


@pytest.fixture(scope="module")
def readings(series: CandleSeries) -> list[TechnicalReading]:
    found = technical_readings(series, np.arange(FIRST, ROWS), STANDARD)
    return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def frame(series: CandleSeries) -> pd.DataFrame:
    names = ("open", "high", "low", "close", "volume")
    return pd.DataFrame({name: getattr(series, name) for name in names})


def ours(readings: list[TechnicalReading], name: str) -> FloatArray:
    return np.array([getattr(one, name) for one in readings], dtype=np.float64)


def off(readings: list[TechnicalReading], name: str, theirs: object, scale: object = 1.0) -> float:
    """The largest difference from their series over the rows compared."""
    compared = np.asarray(theirs, dtype=np.float64)[FIRST:]
    assert len(compared) == len(readings) >= 1_000
    return float(np.max(np.abs(ours(readings, name) - compared) / scale))


def test_sma_is_that_of_ta_lib(series: CandleSeries, readings: list[TechnicalReading]) -> None:
    close = series.close[FIRST:]
    assert off(readings, "sma_short", talib.SMA(series.close, 20), close) < EXACT
    assert off(readings, "sma_long", talib.SMA(series.close, 200), close) < EXACT


def test_bollinger_bands_are_those_of_ta_lib(
    series: CandleSeries, readings: list[TechnicalReading]
) -> None:
    """TA-Lib takes the variance as a difference of squares: it loses half of its digits."""
    close = series.close[FIRST:]
    upper, middle, lower = talib.BBANDS(series.close, 20, 2.0, 2.0)
    assert off(readings, "bollinger_middle", middle, close) < EXACT
    assert off(readings, "bollinger_upper", upper, close) < 1e-9
    assert off(readings, "bollinger_lower", lower, close) < 1e-9


def test_rsi_is_that_of_ta_lib(series: CandleSeries, readings: list[TechnicalReading]) -> None:
    assert off(readings, "rsi", talib.RSI(series.close, 14)) < RSI_OFF


def test_macd_is_that_of_ta_lib(series: CandleSeries, readings: list[TechnicalReading]) -> None:
    close = series.close[FIRST:]
    line, signal, histogram = talib.MACD(series.close, 12, 26, 9)
    assert off(readings, "macd", line, close) < 1e-8
    assert off(readings, "macd_signal", signal, close) < 1e-8
    assert off(readings, "macd_histogram", histogram, close) < 1e-8


def test_atr_is_that_of_ta_lib(series: CandleSeries, readings: list[TechnicalReading]) -> None:
    theirs = talib.ATR(series.high, series.low, series.close, 14)
    assert off(readings, "atr", theirs, series.close[FIRST:]) < 1e-8


def test_adx_is_that_of_ta_lib(series: CandleSeries, readings: list[TechnicalReading]) -> None:
    theirs = talib.ADX(series.high, series.low, series.close, 14)
    assert off(readings, "adx", theirs) < ADX_OFF


def test_sma_and_bollinger_middle_are_those_of_finta(
    frame: pd.DataFrame, readings: list[TechnicalReading]
) -> None:
    close = frame["close"].to_numpy()[FIRST:]
    assert off(readings, "sma_short", TA.SMA(frame, 20), close) < EXACT
    assert off(readings, "bollinger_middle", TA.BBANDS(frame, 20)["BB_MIDDLE"], close) < EXACT


def test_finta_bollinger_bands_are_wider_by_the_sample_deviation(
    frame: pd.DataFrame, readings: list[TechnicalReading]
) -> None:
    theirs = TA.BBANDS(frame, 20)
    reach = (theirs["BB_UPPER"] - theirs["BB_MIDDLE"]) * np.sqrt(19 / 20)
    close = frame["close"].to_numpy()[FIRST:]
    assert off(readings, "bollinger_upper", theirs["BB_MIDDLE"] + reach, close) < 1e-9
    assert off(readings, "bollinger_upper", theirs["BB_UPPER"], close) > 1e-5


def test_rsi_and_macd_are_those_of_finta_after_250_rows(
    frame: pd.DataFrame, readings: list[TechnicalReading]
) -> None:
    close = frame["close"].to_numpy()[FIRST:]
    assert off(readings, "rsi", TA.RSI(frame, 14)) < RSI_OFF
    assert off(readings, "macd", TA.MACD(frame)["MACD"], close) < 1e-8


def test_atr_and_adx_of_finta_are_not_those_of_wilder(
    series: CandleSeries, frame: pd.DataFrame, readings: list[TechnicalReading]
) -> None:
    """finta's ATR is a simple mean and its ADX another average: ours are TA-Lib's instead."""
    assert off(readings, "atr", TA.ATR(frame, 14), ours(readings, "atr")) > 0.05
    assert off(readings, "adx", TA.ADX(frame, 14)) > 1.0
    simple = TA.TR(frame).rolling(14).mean()
    assert np.allclose(TA.ATR(frame, 14)[FIRST:], simple[FIRST:], rtol=1e-12)


def test_atr_of_finta_is_that_of_wilder_once_smoothed_his_way(
    frame: pd.DataFrame, readings: list[TechnicalReading]
) -> None:
    smoothed = TA.TR(frame).ewm(alpha=1 / 14, adjust=False).mean()
    assert off(readings, "atr", smoothed, frame["close"].to_numpy()[FIRST:]) < 1e-8


def textbook_adx(high: FloatArray, low: FloatArray, close: FloatArray, n: int = 14) -> float:
    """Wilder's own steps: +DM, -DM and TR apart, sums of the first n, DX, mean of n DX."""
    rise, fall = high[1:] - high[:-1], low[:-1] - low[1:]
    plus = np.where((rise > fall) & (rise > 0), rise, 0.0)
    minus = np.where((fall > rise) & (fall > 0), fall, 0.0)
    reach = [high[1:] - low[1:], abs(high[1:] - close[:-1]), abs(low[1:] - close[:-1])]
    rows = np.stack([plus, minus, np.max(reach, axis=0)], axis=1)
    sums, found = rows[:n].sum(axis=0), []
    for row in rows[n:]:
        sums = sums - sums / n + row
        up, down = 100 * sums[0] / sums[2], 100 * sums[1] / sums[2]
        found.append(100 * abs(up - down) / (up + down))
    value = sum(found[:n]) / n
    for one in found[n:]:
        value = (value * (n - 1) + one) / n
    return float(value)


@pytest.mark.parametrize("size", [50, 51, 64, 120])
def test_on_the_same_short_window_wilders_averages_agree_from_the_seed_on(
    series: CandleSeries, size: int
) -> None:
    high, low, close = (one[:size] for one in (series.high, series.low, series.close))
    rest = (high.tolist(), low.tolist(), close.tolist(), [1.0] * size)
    seen = technical_reading(range(size), *rest, STANDARD)
    assert seen is not None
    assert seen.rsi == pytest.approx(talib.RSI(close, 14)[-1], rel=1e-10)
    assert seen.atr == pytest.approx(talib.ATR(high, low, close, 14)[-1], rel=1e-10)
    assert seen.adx == pytest.approx(textbook_adx(high, low, close), rel=1e-10)
    # TA-Lib seeds its sums with 13 of the first 14 movements, which fades
    assert seen.adx == pytest.approx(talib.ADX(high, low, close, 14)[-1], rel=0.02)
