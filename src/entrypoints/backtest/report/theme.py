"""Colours that people with any colour vision can tell apart, and figures that wear them.

Lines and texts are mid-toned and backgrounds empty, so that a chart reads on light and dark;
the page's script then sets the axes to the tone of the reader's own scheme.
"""

from __future__ import annotations

from typing import Any

from bokeh.models import (
    CustomJS,
    DataRange1d,
    DatetimeTickFormatter,
    NumeralTickFormatter,
    Range1d,
    WheelZoomTool,
)
from bokeh.plotting import figure

BLUE = "#2f86c9"
ORANGE = "#d9792b"
GREEN = "#1a9a74"
PURPLE = "#b266a3"
YELLOW = "#b8930f"
GREY = "#8a94a0"
UP = "#6fa8cf"
DOWN = "#c98d5e"
INK = "#7d8793"
SERIES = (PURPLE, YELLOW, GREEN, ORANGE, BLUE, GREY)

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def new_figure(height: int, x_range: Any, *, tools: bool = True, y_range: Any = None) -> Any:
    """An empty chart over time (ms), as wide as its place; `height` in px."""
    plot: Any = figure(
        height=height,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        x_range=x_range,
        y_range=y_range if y_range is not None else DataRange1d(range_padding=0.06),
        tools="xpan,xbox_zoom,reset,save" if tools else "xpan,xbox_zoom,reset",
        active_drag="xpan",
        toolbar_location="above" if tools else None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        output_backend="canvas",
        min_border_right=8,
        min_border_left=62,
        lod_threshold=None,
    )
    plot.toolbar.logo = None
    plot.toolbar.autohide = False
    wheel = WheelZoomTool(dimensions="width", modifiers="ctrl")
    plot.add_tools(wheel)
    plot.toolbar.active_scroll = wheel
    plot.grid.grid_line_color = INK
    plot.grid.grid_line_alpha = 0.18
    plot.xgrid.grid_line_color = None
    for axis in plot.axis:
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = INK
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = "11px"
        axis.axis_label_text_color = INK
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "11px"
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[0000]")
    plot.yaxis.ticker.desired_num_ticks = 5
    plot.xaxis.ticker.desired_num_ticks = 6
    plot.xaxis.formatter = DatetimeTickFormatter(
        minutes="%H:%M", hours="%d %b %H:%M", days="%d %b", months="%b %Y", years="%Y"
    )
    return plot


def time_range(start: float, end: float) -> Range1d:
    """All of the run (ms), and no scrolling far beyond it."""
    pad = (end - start) * 0.015 or 1.0
    return Range1d(start=start - pad, end=end + pad, bounds=(start - 4 * pad, end + 4 * pad))


FOLLOW = """
const x = source.data.x, low = source.data.low, high = source.data.high;
let least = Infinity, most = -Infinity;
for (let i = 0; i < x.length; i++) {
  if (x[i] < x_range.start || x[i] > x_range.end) continue;
  if (low[i] < least) least = low[i];
  if (high[i] > most) most = high[i];
}
if (least > most) return;
const pad = (most - least) * 0.07 || most * 0.01;
y_range.setv({start: least - pad, end: most + pad});
"""


def follow_prices(source: Any, x_range: Range1d, y_range: Range1d) -> None:
    """Fit the price axis to the candles in view whenever the view moves."""
    follow = CustomJS(args={"source": source, "x_range": x_range, "y_range": y_range}, code=FOLLOW)
    x_range.js_on_change("start", follow)
    x_range.js_on_change("end", follow)
