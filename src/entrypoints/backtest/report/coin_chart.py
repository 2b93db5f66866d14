"""One coin: candles in yen with what was bought and sold, the stops, and the scores below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.layouts import column
from bokeh.models import (
    ColumnDataSource,
    CustomJS,
    HoverTool,
    LinearColorMapper,
    NumeralTickFormatter,
    Range1d,
    TapTool,
)

from domain.instant import iso
from entrypoints.backtest.report import theme
from entrypoints.backtest.wording import reason_name, signed_pct

if TYPE_CHECKING:
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.report.bars import Bars
    from entrypoints.backtest.report.studies import Drawn
    from entrypoints.backtest.round_trip import RoundTrip
    from entrypoints.backtest.score_samples import ScoreSamples

EXITS = (
    ("signal", "inverted_triangle", theme.BLUE),
    ("stop_loss", "square_x", theme.ORANGE),
    ("take_profit", "star", theme.PURPLE),
)
CROWDED = 60
"""From so many marks on they are drawn smaller."""
COMPONENTS = (
    ("technical", theme.BLUE, "solid"),
    ("forecast", theme.PURPLE, "solid"),
    ("sentiment", theme.GREEN, "dashed"),
    ("market", theme.YELLOW, "dotted"),
)


def coin_chart(
    run: FinishedRun,
    bars: Bars,
    trips: Sequence[tuple[int, RoundTrip]],
    samples: ScoreSamples | None,
    studies: Sequence[Drawn],
) -> Any:
    """Linked charts of one pair; `trips` carry their number in the trade table."""
    x_range = theme.time_range(float(run.start), float(run.end))
    x_range.name = "time"
    price = _price_chart(bars, x_range)
    for study in studies:
        if study.overlay:
            _draw(price, bars, study)
    _draw_trips(price, trips, run.end)
    charts = [price]
    for study in studies:
        if not study.overlay:
            panel = theme.new_figure(130, x_range, tools=False)
            panel.yaxis.ticker.desired_num_ticks = 3
            panel.yaxis.formatter = NumeralTickFormatter(format="0.[00]a")
            _draw(panel, bars, study)
            charts.append(panel)
    if samples is not None and samples.rows:
        charts.append(score_chart(samples, x_range))
    for chart in charts[:-1]:
        chart.xaxis.visible = False
    return column(*charts, sizing_mode="stretch_width", spacing=2)


def _price_chart(bars: Bars, x_range: Range1d) -> Any:
    source = ColumnDataSource(
        {
            "x": bars.middle,
            "open": bars.open.astype(np.float32),
            "high": bars.high.astype(np.float32),
            "low": bars.low.astype(np.float32),
            "close": bars.close.astype(np.float32),
            "up": (bars.close >= bars.open).astype(np.uint8),
        }
    )
    low, high = float(bars.low.min()), float(bars.high.max())
    pad = (high - low) * 0.07 or high * 0.01
    y_range = Range1d(start=low - pad, end=high + pad)
    plot = theme.new_figure(380, x_range, y_range=y_range)
    theme.follow_prices(source, x_range, y_range)
    colour: Any = {
        "field": "up",
        "transform": LinearColorMapper(palette=[theme.DOWN, theme.UP], low=0, high=1),
    }
    wick = plot.segment("x", "low", "x", "high", source=source, line_color=colour)
    plot.vbar(
        "x",
        bars.length * 0.7,
        "open",
        "close",
        source=source,
        fill_color=colour,
        line_color=colour,
        line_width=0.5,
    )
    plot.add_tools(
        HoverTool(
            renderers=[wick],
            mode="vline",
            formatters={"@x": "datetime"},
            tooltips=[
                ("", "@x{%d %b %Y %H:%M}"),
                ("open, close", "@open{0,0.[000]}, @close{0,0.[000]}"),
                ("low, high", "@low{0,0.[000]}, @high{0,0.[000]}"),
            ],
        )
    )
    return plot


def _draw(plot: Any, bars: Bars, study: Drawn) -> None:
    for index, (name, values) in enumerate(study.lines):
        plot.line(
            bars.middle,
            values.astype(np.float32),
            color=theme.SERIES[index % len(theme.SERIES)],
            line_width=1.3,
            alpha=0.9,
            name=name,
        )
    if not study.overlay:
        plot.yaxis.axis_label = study.name


def _draw_trips(plot: Any, trips: Sequence[tuple[int, RoundTrip]], end: int) -> None:
    if not trips:
        return
    xs, ys = _stop_line([trip for _, trip in trips], end)
    plot.line(xs, ys, color=theme.ORANGE, line_width=1.3, alpha=0.85)
    closed = [(number, one) for number, one in trips if one.closed_at is not None]
    if closed:
        won = [theme.GREEN if (one.gain or 0) > 0 else theme.DOWN for _, one in closed]
        plot.segment(
            np.array([one.opened_at for _, one in closed], dtype=np.float64),
            np.array([one.entry for _, one in closed]),
            np.array([one.closed_at for _, one in closed], dtype=np.float64),
            np.array([one.exit for _, one in closed], dtype=np.float64),
            line_color=won,
            line_dash=[2, 3],
            line_width=1.2,
        )
    buys = [(number, one, one.opened_at, one.entry) for number, one in trips]
    marks = [_markers(plot, buys, "triangle", theme.GREEN, "bought")]
    for reason, shape, colour in EXITS:
        sells = [
            (number, one, one.closed_at, one.exit) for number, one in closed if one.reason == reason
        ]
        if sells:
            marks.append(_markers(plot, sells, shape, colour, reason_name(reason)))
    plot.add_tools(
        HoverTool(renderers=marks, tooltips=[("", "@what"), ("", "@when"), ("", "@detail")]),
        TapTool(
            renderers=marks,
            callback=CustomJS(
                code="const i = cb_data.source.selected.indices;"
                "if (i.length) window.showTrade(cb_data.source.data.number[i[0]]);"
            ),
        ),
    )


def _markers(plot: Any, trades: Sequence[Any], shape: str, colour: str, what: str) -> Any:
    details = [
        f"no. {number}, {reason_name(one.reason)} {signed_pct(one.gain_pct)}"
        for number, one, _, _ in trades
    ]
    source = ColumnDataSource(
        {
            "x": np.array([at for _, _, at, _ in trades], dtype=np.float64),
            "y": np.array([price for _, _, _, price in trades], dtype=np.float64),
            "number": np.array([number for number, *_ in trades], dtype=np.int32),
            "what": [f"{what} at {price:,.6g} JPY" for _, _, _, price in trades],
            "when": [iso(at)[:16].replace("T", " ") for _, _, at, _ in trades],
            "detail": details,
        }
    )
    return plot.scatter(
        "x",
        "y",
        source=source,
        marker=shape,
        size=10 if len(trades) < CROWDED else 7,
        fill_color=colour,
        line_color="#ffffff",
        line_width=0.8 if len(trades) < CROWDED else 0.4,
        nonselection_fill_alpha=0.9,
        nonselection_line_alpha=0.9,
    )


def _stop_line(trips: Sequence[RoundTrip], end: int) -> tuple[Any, Any]:
    """Corners of each position's stop as a step line, a gap after each."""
    xs: list[float] = []
    ys: list[float] = []
    for one in trips:
        level = None
        for at, stop, _ in one.stops:
            if level is not None:
                xs.append(at)
                ys.append(level)
            xs.append(at)
            ys.append(stop)
            level = stop
        xs += [one.closed_at or end, one.closed_at or end]
        ys += [one.stop, float("nan")]
    return np.array(xs, dtype=np.float64), np.array(ys, dtype=np.float32)


def score_chart(samples: ScoreSamples, x_range: Range1d) -> Any:
    """Components, total and thresholds of one pair over time."""
    columns = np.array(
        [[np.nan if value is None else value for value in row] for row in samples.rows],
        dtype=np.float64,
    ).T
    names = ("x", "technical", "forecast", "sentiment", "market", "total", "buy", "sell")
    source = ColumnDataSource(
        {
            name: values if name == "x" else values.astype(np.float32)
            for name, values in zip(names, columns, strict=True)
        }
    )
    plot = theme.new_figure(190, x_range, tools=False)
    plot.yaxis.formatter = NumeralTickFormatter(format="+0.0")
    plot.hspan(0, line_color=theme.INK, line_width=1, line_alpha=0.5)
    for name, colour, dash in COMPONENTS:
        plot.line("x", name, source=source, color=colour, line_dash=dash, line_width=1, alpha=0.45)
    for name in ("buy", "sell"):
        plot.step(
            "x", name, source=source, mode="after", color=theme.INK, line_dash=[4, 4], line_width=1
        )
    total = plot.line("x", "total", source=source, color=theme.ORANGE, line_width=1.4)
    parts = [(name, f"@{name}{{+0.000}}") for name, _, _ in COMPONENTS]
    plot.add_tools(
        HoverTool(
            renderers=[total],
            mode="vline",
            formatters={"@x": "datetime"},
            tooltips=[
                ("", "@x{%d %b %Y %H:%M}"),
                ("total", "@total{+0.000}"),
                *parts,
                ("buy, sell at", "@buy{+0.000}, @sell{+0.000}"),
            ],
        )
    )
    return plot
