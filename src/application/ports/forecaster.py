"""Candles in, quantiles of the next hour out."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs


@attrs.frozen(slots=True, weakref_slot=False)
class Forecast:
    """Quantile paths of the typical price in USDT, one value per 5-minute step."""

    model: str
    q10: tuple[float, ...]
    q50: tuple[float, ...]
    q90: tuple[float, ...]


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
