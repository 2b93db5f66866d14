"""Candles in, quantiles of the next hour out."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from application.errors import Broken


@attrs.frozen(slots=True, weakref_slot=False)
class Forecast:
    """Quantile paths of the typical price in USDT, one value per 5-minute step."""

    model: str
    q10: tuple[float, ...]
    q50: tuple[float, ...]
    q90: tuple[float, ...]
    version: str = ""


class Forecaster(Protocol):
    """A model that forecasts many series at once."""

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast]:
        """Forecasts by pair; a pair without one is left out.

        `series` are typical prices (H+L+C)/3, oldest first, closed by `at` (ms). Raises
        Retryable, Refused (no endpoint, no permission) or Broken.
        """
        ...


def believed(pair: str, steps: int, forecast: Forecast) -> Forecast:
    """The forecast itself. Raises Broken, naming pair and field, for one that cannot be.

    Every quantile has a finite price above 0 for each step, and they do not cross.
    """
    for name in ("q10", "q50", "q90"):
        path: tuple[float, ...] = getattr(forecast, name)
        if len(path) != steps:
            raise Broken(f"forecast of {pair}: {name} has {len(path)} steps, not {steps}")
        if not all(math.isfinite(one) and one > 0 for one in path):
            raise Broken(f"forecast of {pair}: {name} holds what is no price")
    steps_of = zip(forecast.q10, forecast.q50, forecast.q90, strict=True)
    if not all(low <= middle <= high for low, middle, high in steps_of):
        raise Broken(f"forecast of {pair}: its quantiles cross")
    return forecast
