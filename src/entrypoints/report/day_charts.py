"""The charts of a day's page: results of the days before it, and the scores of every coin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool

from domain.instant import DAY
from domain.reporting.report_day import ReportDay
from entrypoints.backtest.report import theme
from entrypoints.backtest.report.coin_chart import score_chart
from entrypoints.report.make_report import SCORES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from application.reporting.daily_report import DailyFigures
    from entrypoints.backtest.score_samples import ScoreSamples

BAR = 0.7
"""Of its day a bar is so wide."""


def days_chart(report: DailyFigures) -> Any:
    """What was closed on each day, and the sum so far; JPY. A bar stands in the middle of a day."""
    days = report.figures.days
    gains = np.array([float(one.gain.amount) for one in days], dtype=np.float64)
    ends = [ReportDay.named(one.day).end for one in days]
    source = ColumnDataSource(
        {
            "x": np.array(ends, dtype=np.float64) - DAY / 2,
            "day": [one.day for one in days],
            "gain": gains,
            "sum": np.cumsum(gains),
            "closed": np.array([one.closed for one in days], dtype=np.int32),
            "colour": [theme.UP if gain >= 0 else theme.DOWN for gain in gains],
            "account": [_account(one.equity and float(one.equity.amount)) for one in days],
        }
    )
    start = min(ends, default=report.day.end) - DAY
    plot = theme.new_figure(240, theme.time_range(float(start), float(report.day.end)))
    plot.hspan(0, line_color=theme.INK, line_width=1, line_alpha=0.5)
    bars = plot.vbar("x", width=BAR * DAY, top="gain", source=source, color="colour", line_width=0)
    plot.line("x", "sum", source=source, color=theme.BLUE, line_width=2)
    plot.scatter("x", "sum", source=source, color=theme.BLUE, size=5)
    plot.add_tools(
        HoverTool(
            renderers=[bars],
            mode="vline",
            tooltips=[
                ("", "@day"),
                ("gain", "@gain{+0,0} JPY, @closed closed"),
                ("sum", "@sum{+0,0} JPY"),
                ("account", "@account"),
            ],
        )
    )
    return plot


def _account(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.0f} JPY"


def score_charts(report: DailyFigures, scores: Mapping[str, ScoreSamples]) -> dict[str, Any]:
    """A chart a pair, all of the same time: the last days, as far as there are scores."""
    end = report.day.end
    start = min((one.rows[0][0] for one in scores.values() if one.rows), default=end - SCORES)
    return {
        pair: score_chart(samples, theme.time_range(float(start), float(end)))
        for pair, samples in scores.items()
        if samples.rows
    }
