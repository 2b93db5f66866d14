"""A day's report as one HTML file that needs no network."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

from domain.instant import HOUR, iso
from domain.reporting.window_figures import EDGES
from entrypoints.backtest.report.html_file import (
    bokeh_script,
    chart_item,
    page_text,
    write_page,
)
from entrypoints.backtest.report.page_parts import cell, counts_table, tile_list
from entrypoints.backtest.report.trade_records import script_json
from entrypoints.backtest.wording import (
    coin,
    guard_name,
    number,
    reason_name,
    signed_pct,
)
from entrypoints.report.terminal import FIGURES, check_lines, state_lines, tuner_lines, yen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from application.reporting.daily_report import DailyFigures
    from domain.reporting.window_figures import TradeFigures
    from entrypoints.backtest.score_samples import ScoreSamples


def write_day_page(report: DailyFigures, scores: Mapping[str, ScoreSamples], path: Path) -> None:
    """Write the page; it appears complete or not at all. Raises InputError when it cannot be."""
    write_page(path, _page(report, scores), "--html")


def _page(report: DailyFigures, scores: Mapping[str, ScoreSamples]) -> str:
    from entrypoints.report.day_charts import days_chart, score_charts

    drawn = score_charts(report, scores)
    charts = {"days": days_chart(report), **drawn}
    template = resources.files(__package__).joinpath("day_page.html").read_text(encoding="utf-8")
    lines = (*state_lines(report), *tuner_lines(report), *check_lines(report))
    return Template(template).substitute(
        day=report.day.name,
        warning=_warning(report),
        tiles=_tiles(report),
        windows=_windows(report),
        closed=_closed(report),
        held=_held(report),
        scores="".join(_place(pair) for pair in drawn) or "<p>No scores.</p>",
        histograms=_histograms(report),
        components=_components(report),
        reasons=_reasons(report),
        state="".join(f"<li>{escape(line)}</li>" for line in lines),
        charts=script_json({name: chart_item(one) for name, one in charts.items()}),
        style=page_text("page.css"),
        script=page_text("charts.js"),
        bokeh=bokeh_script(),
    )


def _warning(report: DailyFigures) -> str:
    said = []
    if report.audit is not None and not report.audit.balanced:
        said.append("The log is not in order: see the checks below.")
    if not report.figures.is_complete:
        said.append("The day is not over yet.")
    return "".join(f'<p class="warning">{one}</p>' for one in said)


def _tiles(report: DailyFigures) -> str:
    figures = report.figures
    windows = [(one.name, one.trades) for one in figures.windows]
    shown = [(f"Gain, {name}", yen(t.gain, sign=True), _won(t), float(t.gain.amount))
             for name, t in windows]  # fmt: skip
    known = "at market prices" if report.equity is not None else "no price is on the log"
    held = ", ".join(coin(one.position.pair) for one in report.positions)
    shown.append(("Account", yen(report.equity), known, 0.0))
    shown.append(("Held", str(len(report.positions)), escape(held) or "nothing", 0.0))
    return tile_list(shown)


def _won(one: TradeFigures) -> str:
    if one.win_rate_low is None or one.win_rate_high is None:
        return "no closed trade"
    low, high = number(one.win_rate_low * 100, 0), number(one.win_rate_high * 100, 0)
    return f"{one.wins} of {one.closed} won, 95 % sure: {low} to {high} %"


def _table(head: Iterable[str], rows: Iterable[tuple[str, Iterable[str]]], empty: str) -> str:
    """A table of escaped names with cells that are HTML already; a sentence without rows."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>' for name, cells in rows
    )
    if not body:
        return f"<p>{empty}</p>"
    heads = "".join(f'<th scope="col">{one}</th>' for one in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _windows(report: DailyFigures) -> str:
    windows = report.figures.windows
    rows = ((name, [cell(escape(told(one))) for one in windows]) for name, told in FIGURES.items())
    return _table(["", *(one.name for one in windows)], rows, "")


def _closed(report: DailyFigures) -> str:
    rows = (
        (
            coin(one.pair),
            [
                cell(yen(one.gain, sign=True), float(one.gain.amount)),
                cell(signed_pct(one.gain_pct)),
                cell(number(one.hold_ms / HOUR, 1)),
                cell(escape(reason_name(one.reason))),
                cell(iso(one.recorded_at)[11:16]),
                cell(f"<code>{escape(one.position)}</code>", None, "wide"),
            ],
        )
        for one in report.figures.closed
    )
    head = ("Coin", "Gain", "%", "Hours", "Ended by", "UTC", "Position")
    return _table(head, rows, "No trade was closed.")


def _held(report: DailyFigures) -> str:
    rows = (
        (
            coin(one.position.pair),
            [
                cell(f"{one.position.quantity.normalize():f}"),
                cell(yen(one.position.entry)),
                cell(yen(one.position.stop)),
                cell(number((report.day.end - one.position.opened_at) / HOUR, 1)),
                cell(
                    yen(one.gain, sign=True), None if one.gain is None else float(one.gain.amount)
                ),
            ],
        )
        for one in report.positions
    )
    return _table(("Coin", "Coins", "Entry", "Stop", "Hours", "Gain"), rows, "Nothing.")


def _place(pair: str) -> str:
    name = escape(pair, quote=True)
    return f'<h3>{escape(coin(pair))}</h3><div class="chart" data-chart="{name}"></div>'


def _histograms(report: DailyFigures) -> str:
    """Bins from the first to the last that any score fell into."""
    tables = []
    for one in report.figures.windows:
        full = [at for at, count in enumerate(one.signals.histogram) if count]
        span = range(full[0], full[-1] + 1) if full else ()
        counts = {_bin(at): one.signals.histogram[at] for at in span}
        tables.append(counts_table(f"Scores, {one.name}", counts, str))
    return "".join(tables)


def _bin(at: int) -> str:
    edges = (-1.0, *EDGES, 1.0)
    low, high = (number(edge, 1, sign=True) for edge in edges[at : at + 2])
    return f"{low} to {high}"


def _components(report: DailyFigures) -> str:
    rows = []
    for one in report.figures.last_24h.signals.components:
        share = None if one.near_zero_share is None else one.near_zero_share * 100
        cells = (
            number(one.mean, 3, sign=True),
            number(one.deviation, 3),
            number(share, 0, " %"),
            f"{one.present:,}",
            f"{one.absent:,}",
        )
        rows.append((one.name, [cell(text) for text in cells]))
    head = ("", "Mean", "Deviation", "Nearer to 0 than 0.05", "Signals", "Absent")
    return _table(head, rows, "")


def _reasons(report: DailyFigures) -> str:
    last = report.figures.last_24h
    shown: tuple[tuple[str, Any, Any], ...] = (
        ("Why trades ended", last.trades.reasons, reason_name),
        ("Decisions", last.decisions, str),
        ("Why coins were left alone", last.declined, guard_name),
        ("Why orders were refused", last.refused, guard_name),
        ("Nothing collected from", last.failures, str),
    )
    return "".join(counts_table(title, dict(counts), named) for title, counts, named in shown)
