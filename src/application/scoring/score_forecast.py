"""A forecast of every pair, or momentum where there is none."""

from collections.abc import Mapping, Sequence

from application.errors import Broken, OutsideError
from application.ports.forecaster import Forecast, Forecaster, checked
from application.ports.read_models import ReadModels
from application.read_models import PRICES
from domain.events import Candle, ForecastReading
from domain.instant import CANDLE, SECOND
from domain.parameters import StrategyParameters
from domain.scoring.forecast_score import forecast_confidence, forecast_score, quantile_spread
from domain.scoring.momentum_score import momentum_score

NO_FORECASTER = "no forecaster is configured"


async def score_forecast(
    pairs: Sequence[str],
    at: int,
    *,
    tables: ReadModels,
    forecaster: Forecaster | None,
    parameters: StrategyParameters,
) -> dict[str, ForecastReading | None]:
    """The forecast reading of each pair at a moment (ms); None where candles are too few or old."""
    if parameters.weight_forecast == 0 and parameters.confidence_shift == 0:
        return dict.fromkeys(pairs)  # it could count for nothing: nobody is asked
    forecasts: Mapping[str, Forecast | Broken] = {}
    missing = NO_FORECASTER
    if forecaster is not None:
        try:
            forecasts = await _forecasts(pairs, at, tables, forecaster, parameters)
            missing = "the model gave no forecast for this pair"
        except OutsideError as failure:
            missing = f"{type(failure).__name__}: {failure}"
    readings: dict[str, ForecastReading | None] = {}
    for pair in pairs:
        candles = await tables.newest(PRICES, pair, parameters.momentum_long_candles + 1)
        if not candles or not _is_fresh(candles[-1], at, parameters):
            readings[pair] = None
            continue
        forecast = forecasts.get(pair)
        if isinstance(forecast, Forecast):
            readings[pair] = _reading(forecast, candles[-1].close, parameters)
        else:
            why = missing if forecast is None else f"Broken: {forecast}"
            readings[pair] = _momentum(candles, why, parameters)
    return readings


async def _forecasts(
    pairs: Sequence[str],
    at: int,
    tables: ReadModels,
    forecaster: Forecaster,
    p: StrategyParameters,
) -> Mapping[str, Forecast | Broken]:
    series: dict[str, Sequence[float]] = {}
    for pair in pairs:
        candles = await tables.newest(PRICES, pair, p.forecast_candles)
        if len(candles) >= p.forecast_min_candles and _is_fresh(candles[-1], at, p):
            series[pair] = [(one.high + one.low + one.close) / 3.0 for one in candles]
    if not series:
        return {}
    # whatever the plug: a forecast that cannot be believed is never scored
    return checked(
        await forecaster.forecast(series, p.forecast_steps, at), series, p.forecast_steps
    )


def _is_fresh(newest: Candle, at: int, p: StrategyParameters) -> bool:
    return newest.open_time >= at - p.candle_age_max_s * SECOND - CANDLE


def _reading(forecast: Forecast, price: float, p: StrategyParameters) -> ForecastReading:
    spread = quantile_spread(forecast.q10, forecast.q90)
    _, confidence = forecast_confidence(forecast.q10, forecast.q50, forecast.q90)
    return ForecastReading(
        score=forecast_score(forecast.q50, spread, price, p),
        confidence=confidence,
        source=forecast.source,
        fallback_reason=None,
        steps=len(forecast.q50),
        last_median=forecast.q50[-1],
    )


def _momentum(candles: Sequence[Candle], why: str, p: StrategyParameters) -> ForecastReading | None:
    if len(candles) < p.momentum_long_candles:
        return None
    score = momentum_score([one.close for one in candles], p)
    return ForecastReading(score, p.momentum_confidence, "momentum", why, 0, None)
