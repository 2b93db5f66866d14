"""Candles in, quantiles of the next hour out."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Final, Protocol

import attrs

from application.errors import Broken

LEVELS: Final = (0.1, 0.5, 0.9)
"""The quantiles that are asked for, in the order of Forecast's fields."""


@attrs.frozen(slots=True, weakref_slot=False)
class Forecast:
    """Quantile paths of the typical price in USDT, one value per 5-minute step.

    `version` tells two sets of weights of one model apart: the start of their digest, or "".
    """

    model: str
    q10: tuple[float, ...]
    q50: tuple[float, ...]
    q90: tuple[float, ...]
    version: str = ""

    @property
    def source(self) -> str:
        """Model and version, as a signal records them."""
        return f"{self.model}@{self.version}" if self.version else self.model


class Forecaster(Protocol):
    """A model that forecasts many series at once."""

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast | Broken]:
        """Forecasts by pair, of so many steps; a pair without one is left out.

        `series` are typical prices (H+L+C)/3 in USDT, oldest first, closed by `at` (ms); they may
        differ in length. All are asked for in one call. A forecast that cannot be believed is a
        Broken in its place, as `checked` says; the other pairs have theirs. Raises Retryable,
        Refused (no endpoint, no permission) or Broken (the whole answer).
        """
        ...


def checked(
    answered: Mapping[str, Forecast | Broken], asked: Mapping[str, object], steps: int
) -> dict[str, Forecast | Broken]:
    """What may be scored of an answer to the pairs `asked`: the rest is Broken, pair by pair.

    Each Broken names its pair and what is wrong. A pair that nobody asked for is left out.
    """
    found: dict[str, Forecast | Broken] = {}
    for pair in asked:
        if pair not in answered:
            continue
        one = answered[pair]
        if isinstance(one, Forecast) and (wrong := what_is_wrong(one, steps)) is not None:
            one = Broken(f"{pair}: {one.source}: {wrong}")
        found[pair] = one
    return found


def what_is_wrong(forecast: Forecast, steps: int) -> str | None:
    """Why a forecast of so many steps cannot be believed; None where nothing speaks against it."""
    paths = {"q10": forecast.q10, "q50": forecast.q50, "q90": forecast.q90}
    for name, path in paths.items():
        if len(path) != steps:
            return f"{name} has {len(path)} steps, {steps} were asked for"
    return next(_wrong_steps(paths), None)


def _wrong_steps(paths: Mapping[str, Sequence[float]]) -> Iterator[str]:
    for name, path in paths.items():
        for step, price in enumerate(path, 1):
            if not isfinite(price):
                yield f"{name} of step {step} is {price}, not a number"
            elif price <= 0.0:
                yield f"{name} of step {step} is {price:g}, and a price is above 0"
    for step, (low, middle, high) in enumerate(zip(*paths.values(), strict=True), 1):
        if not low <= middle <= high:
            yield f"the quantiles of step {step} cross: {low:g}, {middle:g}, {high:g}"
