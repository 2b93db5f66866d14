"""The account against buying and holding, and how far each was under its best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter

from entrypoints.backtest.report.theme import BLUE, ORANGE, new_figure, time_range

if TYPE_CHECKING:
    from domain.market.candle_series import FloatArray
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.outcome import Outcome


def equity_chart(run: FinishedRun, outcome: Outcome) -> Any:
    """Two linked charts: JPY, and drawdown in %."""
    at = np.concatenate(([run.start], run.curve.at)).astype(np.float64)
    equity = np.concatenate(([run.cash], run.curve.equity))
    hold = np.concatenate(([run.cash], outcome.hold_equity))
    source = ColumnDataSource(
        {
            "x": at,
            "equity": equity.astype(np.float32),
            "hold": hold.astype(np.float32),
            "fall": _fall_pct(equity).astype(np.float32),
            "hold_fall": _fall_pct(hold).astype(np.float32),
        }
    )
    x_range = time_range(float(run.start), float(run.end))
    money = new_figure(300, x_range)
    money.xaxis.visible = False
    money.line(
        "x", "hold", source=source, color=ORANGE, line_width=1.4, line_dash=[5, 3], alpha=0.9
    )
    line = money.line("x", "equity", source=source, color=BLUE, line_width=2)
    fall = new_figure(140, x_range, tools=False)
    fall.yaxis.formatter = NumeralTickFormatter(format="0.[0]")
    fall.yaxis.ticker.desired_num_ticks = 3
    fall.line(
        "x", "hold_fall", source=source, color=ORANGE, line_width=1.1, line_dash=[5, 3], alpha=0.8
    )
    fall.varea("x", 0, "fall", source=source, fill_color=BLUE, fill_alpha=0.22)
    fall_line = fall.line("x", "fall", source=source, color=BLUE, line_width=1.2)
    for plot, shown in ((money, line), (fall, fall_line)):
        plot.add_tools(_hover(shown))
    return column(money, fall, sizing_mode="stretch_width", spacing=2)


def _hover(line: Any) -> HoverTool:
    return HoverTool(
        renderers=[line],
        mode="vline",
        formatters={"@x": "datetime"},
        tooltips=[
            ("", "@x{%d %b %Y %H:%M}"),
            ("strategy", "@equity{0,0} JPY (@fall{0.0} %)"),
            ("buy and hold", "@hold{0,0} JPY (@hold_fall{0.0} %)"),
        ],
    )


def _fall_pct(levels: FloatArray) -> FloatArray:
    best = np.maximum.accumulate(levels)
    fall: FloatArray = np.divide(levels, best, out=np.ones(len(levels)), where=best > 0)
    return (fall - 1) * 100
