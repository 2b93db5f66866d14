"""crypto-trader report: a day in figures, from the log alone."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.reporting.report_day import ReportDay


class Day(click.ParamType):
    """A date, YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> ReportDay:
        """The day that ends on that evening in Japan."""
        from domain.reporting.report_day import ReportDay

        try:
            return value if isinstance(value, ReportDay) else ReportDay.named(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a date such as 2026-02-08", param, ctx)


@click.command("report")
@click.option(
    "--log",
    "path",
    type=click.Path(path_type=Path),
    help="The event log; trader.sqlite in the configured folder if not given.",
)
@click.option("--date", "day", type=Day(), help="Its evening in Japan; the newest complete day.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with charts here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--no-checks", is_flag=True, help="Leave out audit and deciding again: faster.")
@click.option("--config", type=click.Path(path_type=Path), help="The configuration file.")
def command(
    path: Path | None,
    day: ReportDay | None,
    html: Path | None,
    as_json: bool,
    no_checks: bool,
    config: Path | None,
) -> int:
    """Report a day: trades, scores, positions, market, and whether the log is in order.

    A day ends at 23:00 in Japan (14:00 UTC). Everything comes from the log; what it does not
    know, such as prices in yen after the last trade, is left out. Closed trades are matched
    first in, first out by coin. Exit status 1 when the log is not in order.

    \b
    Examples:
      crypto-trader report
      crypto-trader report --log build/e.sqlite --date 2026-02-08 --html build/day.html
      crypto-trader report --json --no-checks
    """
    from application.reporting.report_json import report_object
    from entrypoints.report.make_report import make_report
    from entrypoints.wiring.settings import load_settings

    settings = load_settings(config)
    path = path or settings.general.folder / "trader.sqlite"
    if html is not None:
        from entrypoints.backtest.report.html_file import check_target

        check_target(html, "--html")
    report = asyncio.run(
        make_report(
            path,
            day,
            instruments=settings.instruments,
            parameters=settings.parameters,
            with_checks=not no_checks,
        )
    )
    if html is not None:
        from entrypoints.report.day_page import write_day_page
        from entrypoints.report.make_report import scores_before

        scores = asyncio.run(scores_before(path, report.day.end))
        write_day_page(report, scores, html)
    if as_json:
        print(json.dumps(report_object(report), allow_nan=False))
    else:
        from rich.console import Console

        from entrypoints.report.terminal import render

        render(report, Console(file=sys.stdout, highlight=False))
    return 1 if report.audit is not None and not report.audit.balanced else 0
