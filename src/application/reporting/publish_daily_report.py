"""Once a day: the report goes to the archive, and what it says in short goes on the log."""

import hashlib
from typing import Final

import attrs

from application.commit import Log
from application.errors import Conflict
from application.ports.exchange import Exchange
from application.ports.report_archive import ReportArchive
from application.reporting.daily_report import Budget, DailyFigures, daily_report
from application.reporting.night_checks import NightChecks
from application.reporting.report_json import report_bytes
from application.reporting.report_reach import report_reach
from domain.events import Commit, DailyReportPublished
from domain.instruments import Instruments
from domain.parameters import StrategyParameters
from domain.reporting.report_day import ReportDay

STREAM: Final = "reports"


def file_of(day: ReportDay) -> str:
    """What the report of a day is called in the archive."""
    return f"daily-{day.name}.json"


async def publish_daily_report(
    at: int,
    *,
    log: Log,
    archive: ReportArchive,
    instruments: Instruments,
    parameters: StrategyParameters,
    exchange: Exchange | None = None,
    checks: NightChecks | None = None,
    budget: Budget | None = None,
    spent_usd: float | None = None,
) -> tuple[Commit, ...]:
    """Report the newest day that is over at `at` (ms); nothing when it was reported, or is empty.

    The file is in the archive before the log says so: whoever dies in between does it again.
    Days that were missed while nothing ran are not made up; `crypto-trader report` shows them.
    Raises Retryable when log or archive cannot be read or written, Broken for a damaged log.
    """
    day = ReportDay.complete_at(at)
    version = await log.store.version(STREAM)
    if version and await _newest(log, version) >= day.name:
        return ()
    report = await daily_report(
        day,
        store=log.store,
        since=await report_reach(day, log.tables, instruments.pairs),
        instruments=instruments,
        parameters=parameters,
        exchange=exchange,
        checks=checks,
        budget=budget,
        spent_usd=spent_usd,
    )
    if not report.figures.events:
        return ()
    report = attrs.evolve(report, figures=attrs.evolve(report.figures, is_complete=True))
    content = report_bytes(report)
    await archive.put(file_of(day), content)
    event = _published(report, hashlib.sha256(content).hexdigest())
    commit = log.commit(
        STREAM, version + 1, [event], at=at, correlation=f"report/{day.name}", causation=""
    )
    try:
        return await log.append(commit)
    except Conflict:
        return ()  # somebody else was faster, and it is he who tells of it


async def _newest(log: Log, version: int) -> str:
    """The day of the newest report; "" when the stream holds something else."""
    event = (await log.store.read(STREAM, version - 1))[-1].events[-1]
    return event.day if isinstance(event, DailyReportPublished) else ""


def _published(report: DailyFigures, digest: str) -> DailyReportPublished:
    figures, head, parity = report.figures, report.head, report.parity
    last = figures.last_24h
    return DailyReportPublished(
        day=report.day.name,
        file=file_of(report.day),
        digest=digest,
        analyses=last.analyses,
        buys=last.buys,
        sells=last.sells,
        wins=last.trades.wins,
        losses=last.trades.losses,
        gain=last.trades.gain,
        fees=last.fees,
        equity=report.equity,
        market=figures.market,
        breaker_open=figures.breaker_open,
        balanced=None if report.audit is None else report.audit.balanced,
        commits=None if head is None else head.commits,
        head=None if head is None else head.digest,
        decisions=None if parity is None else parity.decisions,
        equal=None if parity is None else parity.equal,
        news_calls=figures.month.news_calls,
    )
