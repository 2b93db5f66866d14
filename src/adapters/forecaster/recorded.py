"""Forecasts computed beforehand, handed out where exactly these candles were their input."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.forecaster.forecast_file import ForecastFile, window_digest
from application.errors import Broken, InputError
from application.ports.forecaster import Forecast, checked
from domain.instant import iso


class RecordedForecaster:
    """Replays a file of forecasts.

    `given` counts those that were handed out, `broken` those that cannot be believed, `missing`
    those that were asked for and are not in the file.
    """

    def __init__(self, file: ForecastFile) -> None:
        self._file = file
        self._times = {pair: one.at.tolist() for pair, one in file.pairs.items()}
        self.given = 0
        self.broken = 0
        self.missing = 0

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def source(self) -> str:
        """Model and version."""
        return f"{self._file.model}@{self._file.version}"

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast | Broken]:
        """The forecasts of a moment (ms); a pair without one is left out, and counted.

        Raises InputError where a forecast was made from other candles or for other steps.
        """
        file = self._file
        if series and steps != file.steps:
            raise InputError(
                f"{file.path}: holds forecasts of {file.steps} steps and {steps} are asked for: "
                f"give forecast_steps={file.steps} or make the file again"
            )
        found: dict[str, Forecast | Broken] = {}
        for pair, prices in series.items():
            row = self._row(pair, at)
            # so near the beginning of a run fewer candles may be known than when it was made
            if row is None or file.pairs[pair].candles[row] != len(prices):
                self.missing += 1
                continue
            self._compare(pair, row, prices, at)
            paths = file.pairs[pair].paths[row]
            quantiles = (tuple(one.tolist()) for one in paths.T)
            found[pair] = Forecast(file.model, *quantiles, version=file.version)
        judged = checked(found, series, steps)
        broken = sum(isinstance(one, Broken) for one in judged.values())
        self.broken += broken
        self.given += len(judged) - broken
        return judged

    def _row(self, pair: str, at: int) -> int | None:
        times = self._times.get(pair, [])
        row = bisect_left(times, at)
        return row if row < len(times) and times[row] == at else None

    def _compare(self, pair: str, row: int, prices: Sequence[float], at: int) -> None:
        if self._file.pairs[pair].window[row] != window_digest(prices):
            raise InputError(
                f"{self._file.path}: its forecast of {pair} at {iso(at)} was made from other "
                f"candles than these: run `crypto-trader forecast` for them"
            )
