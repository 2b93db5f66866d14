"""The report of a day from a log in a file, as `crypto-trader report` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application import policy
from application.errors import InputError
from application.reporting.daily_report import daily_report
from domain.instant import DAY, iso
from domain.reporting.report_day import ReportDay
from entrypoints.backtest.score_samples import ScoreSampler
from entrypoints.replay.night_checks import night_checks
from entrypoints.report.log_span import log_span
from entrypoints.wiring.log_file import checking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from application.ports.event_store import EventStore
    from application.reporting.daily_report import DailyFigures
    from domain.instruments import Instruments
    from domain.parameters import StrategyParameters
    from entrypoints.backtest.score_samples import ScoreSamples

SCORES = 7 * DAY
"""How far back the scores are drawn (ms)."""


async def make_report(
    path: Path,
    day: ReportDay | None,
    *,
    instruments: Instruments,
    parameters: StrategyParameters,
    with_checks: bool,
) -> DailyFigures:
    """The report of a day; None: the newest complete one, or the only one if none is complete.

    Raises InputError for a file that is no log, an empty one, and a day that it has nothing of.
    """
    with checking(path) as (store, evidence):
        day = await _day(store, path, day)
        checks = night_checks(store, evidence, policy=policy.STANDARD, parameters=parameters)
        report = await daily_report(
            day,
            store=store,
            instruments=instruments,
            parameters=parameters,
            checks=checks if with_checks else None,
        )
    if not report.figures.events:
        raise InputError(f"{path}: nothing was recorded on {day.name}; choose another --date")
    return report


async def _day(store: EventStore, path: Path, day: ReportDay | None) -> ReportDay:
    span = await log_span(store)
    if span is None:
        raise InputError(f"{path}: the log is empty: there is nothing to report yet")
    first, newest = span
    if day is None:
        complete = ReportDay.complete_at(newest)
        return complete if complete.end > first else ReportDay.of(newest)
    if not day.start <= newest or day.end <= first:
        goes = f"it goes from {iso(first)} to {iso(newest)}"
        raise InputError(f"--date {day.name}: nothing of that day is in {path}; {goes}")
    return day


async def scores_before(path: Path, end: int) -> Mapping[str, ScoreSamples]:
    """Scores of the days before a moment (ms), by pair, an hour or more apart."""
    sampler = ScoreSampler()
    with checking(path) as (store, _):
        async for _, commit in store.read_all():
            if commit.stream.startswith("analysis/") and end - SCORES <= commit.at < end:
                sampler.add(commit.at, commit.events)
    return sampler.samples()
