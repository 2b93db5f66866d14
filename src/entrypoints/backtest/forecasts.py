"""Forecasts computed beforehand in a backtest: checked before it, counted after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from application.errors import InputError
from domain.instant import iso

if TYPE_CHECKING:
    from adapters.forecaster.recorded import RecordedForecaster
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.settings import BacktestSettings


def recorded_forecaster(
    settings: BacktestSettings, start: int, end: int
) -> RecordedForecaster | None:
    """The forecasts of the file that was given, for a run from tick to tick (ms); None without.

    Raises InputError with one sentence where they cannot be this run's.
    """
    path = settings.forecasts
    if path is None:
        return None
    from adapters.forecaster.forecast_file import read_forecasts
    from adapters.forecaster.recorded import RecordedForecaster

    file = read_forecasts(path)
    wanted = settings.forecast_model
    named = (file.version, f"{file.model}@{file.version}")
    if wanted is not None and not any(one.startswith(wanted) for one in named):
        raise InputError(
            f"{path}: is of {named[1]}, not of {wanted} as --forecast-model says: give the file "
            f"of that model"
        )
    if file.steps != settings.parameters.forecast_steps:
        raise InputError(
            f"{path}: holds forecasts of {file.steps} steps and forecast_steps is "
            f"{settings.parameters.forecast_steps}: make the file again with that setting"
        )
    longest = max(int(one.candles.max()) for one in file.pairs.values())
    if longest > settings.parameters.forecast_candles:
        raise InputError(
            f"{path}: was made from {longest} candles a forecast and forecast_candles is "
            f"{settings.parameters.forecast_candles}: make the file again with that setting"
        )
    first = min(int(one.at[0]) for one in file.pairs.values())
    last = max(int(one.at[-1]) for one in file.pairs.values())
    if last < start or first > end:
        raise InputError(
            f"{path}: its forecasts are of {iso(first)} to {iso(last)} and the run is of "
            f"{iso(start)} to {iso(end)}: run `crypto-trader forecast` for this period"
        )
    return RecordedForecaster(file)


def with_forecasts_counted(run: FinishedRun, forecaster: RecordedForecaster | None) -> FinishedRun:
    """The run with a note of what its forecasts were and how many were missing.

    Raises InputError where not one of them was there.
    """
    if forecaster is None:
        return run
    answered = forecaster.given + forecaster.broken
    asked = answered + forecaster.missing
    if asked and not answered:
        raise InputError(
            f"{forecaster.path}: has none of the {asked:,} forecasts that this run asked for: "
            f"run `crypto-trader forecast` with the same candles, --from, --to and --set"
        )
    note = f"forecasts of {forecaster.source}: {forecaster.given:,} of {asked:,} asked for"
    if forecaster.missing or forecaster.broken:
        note += (
            f"; {forecaster.missing:,} are not in {forecaster.path.name} and "
            f"{forecaster.broken:,} cannot be believed: momentum stood in for them"
        )
    return attrs.evolve(run, notes=(*run.notes, note))
