"""One window and many give the same bits with any parameters, down to the sign of a zero."""

import attrs
import numpy as np
import pytest

from domain.events import TechnicalReading
from domain.market.candle_series import CandleSeries
from domain.parameters import STANDARD, StrategyParameters
from domain.scoring.technical_score import technical_reading, technical_readings
from tests.domain.candles import shapes

COUNT = 420
SHAPES = shapes(COUNT)
PARAMETERS = {
    "standard": STANDARD,
    "benchmark": attrs.evolve(STANDARD, volume_multiplier_max=1.0, technical_min_candles=250),
    "short": attrs.evolve(STANDARD, technical_candles=60, technical_min_candles=50),
    "other_periods": attrs.evolve(
        STANDARD,
        technical_candles=120,
        rsi_period=7,
        atr_period=21,
        adx_period=10,
        macd_fast=5,
        macd_slow=13,
        macd_signal=4,
        sma_long=55,
        slope_changes=5,
        bollinger_deviations=1.7,
    ),
    "no_oscillators": attrs.evolve(
        STANDARD, trending_oscillator_weight=0.0, ranging_oscillator_weight=0.0
    ),
}
ENDS = (10, 49, 50, 119, 198, 199, 248, 249, 250, 251, 300, 301, 399, 419)


def alone(series: CandleSeries, end: int, p: StrategyParameters) -> TechnicalReading | None:
    """The reading of all candles up to an index, as a live system makes it."""
    prices = (one[: end + 1].tolist() for one in (series.high, series.low, series.close))
    times, volumes = series.open_time[: end + 1].tolist(), series.volume[: end + 1].tolist()
    return technical_reading(times, *prices, volumes, p)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PARAMETERS)
def test_many_windows_read_as_one_to_the_last_bit(shape: str, name: str) -> None:
    p = PARAMETERS[name]
    together = technical_readings(SHAPES[shape], np.array(ENDS), p)
    for end, found in zip(ENDS, together, strict=True):
        assert repr(found) == repr(alone(SHAPES[shape], end, p))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_score_can_be_redone_from_its_terms(shape: str) -> None:
    for end in (60, 250, 419):
        r = alone(SHAPES[shape], end, STANDARD)
        assert r is not None
        total = r.term_rsi + r.term_macd + r.term_sma + r.term_bollinger
        total = max(-1.0, min(1.0, total)) * r.volume_multiplier
        assert r.score == max(-1.0, min(1.0, total))


def test_values_are_plain_python() -> None:
    together = technical_readings(SHAPES["walk"], np.array([300]), STANDARD)[0]
    for reading in (together, alone(SHAPES["walk"], 300, STANDARD)):
        assert reading is not None
        assert {type(one) for one in attrs.astuple(reading)} == {float, int, str}


def test_the_benchmark_needs_a_whole_window() -> None:
    p = PARAMETERS["benchmark"]
    assert alone(SHAPES["walk"], 248, p) is None
    assert alone(SHAPES["walk"], 249, p) is not None
