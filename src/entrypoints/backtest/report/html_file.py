"""Puts the report together and writes it in one go: complete, or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from adapters.whole_file import write_whole
from application.errors import InputError
from domain.instant import iso
from entrypoints.backtest.report import page_parts
from entrypoints.backtest.report.studies import check_studies, draw_studies
from entrypoints.backtest.report.trade_records import script_json, trade_json
from entrypoints.backtest.wording import coin, is_synthetic

if TYPE_CHECKING:
    from entrypoints.backtest.finished import FinishedRun
    from entrypoints.backtest.outcome import Outcome
    from entrypoints.backtest.trades import TradeBook


def write_report(
    run: FinishedRun,
    book: TradeBook,
    outcome: Outcome,
    path: Path,
    studies: Sequence[str] = (),
) -> None:
    """Write the run as one HTML file that needs no network; `studies` are finta's names.

    The file appears complete or not at all. Raises InputError for a study that finta does not
    know or cannot compute, and for a place that cannot be written.
    """
    check_target(path)
    names = check_studies(studies)
    write_page(path, _page(run, book, outcome, names))


def check_target(path: Path, option: str = "--report") -> None:
    """Make the folder. Raises InputError when a report could not be written there."""
    folder = path.parent
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder: name a file in it, such as report.html")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{option} {path}: {folder}: {error.strerror or error}") from error
    if not os.access(folder, os.W_OK):
        raise InputError(f"{option} {path}: no permission to write in the folder {folder}")


def write_page(path: Path, page: str, option: str = "--report") -> None:
    """Write it whole. Raises InputError, which names the option that the path came from."""
    try:
        write_whole(path, page.encode())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(f"{option} {path}: cannot be written, {why}; nothing was kept") from error


def _page(run: FinishedRun, book: TradeBook, outcome: Outcome, studies: Sequence[str]) -> str:
    """The page's text. Bokeh's own script is in it once, charts as JSON."""
    what = "Simulation" if is_synthetic(run.notes) else "Backtest"
    coins = ", ".join(coin(pair) for pair in run.instruments.pairs)
    charts, legend = _charts(run, book, outcome, studies)
    template = Template(page_text("page.html"))
    return template.substitute(
        title=f"{what} {_minute(run.start)} to {_minute(run.end)}",
        what=what,
        start=_minute(run.start),
        end=_minute(run.end),
        days=f"{outcome.days:,.1f}",
        coins=escape(coins),
        cash=f"{run.cash:,.0f}",
        candles=f"{run.candles:,}",
        analyses=f"{run.analyses:,}",
        orders=f"{run.orders:,}",
        events=f"{run.events:,}",
        digest=escape(run.digest),
        warning=_warning(run),
        notes=page_parts.notes(run),
        tiles=page_parts.tiles(outcome),
        months=page_parts.month_table(run),
        coin_rows=page_parts.coin_rows(outcome),
        reasons=page_parts.reason_tables(outcome),
        bars=legend,
        trades=trade_json(run, book.trips),
        charts=charts,
        style=page_text("page.css"),
        script=page_text("charts.js", "page.js", "explain.js"),
        bokeh=bokeh_script(),
    )


def _warning(run: FinishedRun) -> str:
    synthetic = (
        "<strong>The market in this run is synthetic: made up, not recorded.</strong> "
        if is_synthetic(run.notes)
        else ""
    )
    return f"{synthetic}Fills, spread and slippage are assumptions. Past results promise nothing."


def _charts(
    run: FinishedRun, book: TradeBook, outcome: Outcome, studies: Sequence[str]
) -> tuple[str, str]:
    """JSON of every chart by name, and what the candles are called."""
    from entrypoints.backtest.report.bars import bar_length, bars_of
    from entrypoints.backtest.report.coin_chart import coin_chart
    from entrypoints.backtest.report.equity_chart import equity_chart

    charts: dict[str, Any] = {"equity": chart_item(equity_chart(run, outcome))}
    for pair in run.instruments.pairs:
        bars = bars_of(run, pair)
        if bars is None:
            continue
        trips = [(n, one) for n, one in enumerate(book.trips, 1) if one.pair == pair]
        drawn = draw_studies(studies, bars)
        charts[pair] = chart_item(coin_chart(run, bars, trips, book.samples.get(pair), drawn))
    with_studies = f"; with {', '.join(studies)}" if studies else ""
    return script_json(charts), bar_length(run.start, run.end)[1] + with_studies


def chart_item(chart: Any) -> Any:
    """A chart as Bokeh's own JSON, its arrays as base64 text."""
    import json

    from bokeh.core.json_encoder import serialize_json
    from bokeh.embed import json_item

    return json.loads(serialize_json(json_item(chart)))


def bokeh_script() -> str:
    """Bokeh's own script, as elements that a page holds once."""
    from bokeh.resources import Resources

    script: str = Resources(mode="inline", components=["bokeh"], minified=True).render_js()
    return script


def page_text(*names: str) -> str:
    """Files that ship with this package, one after the other."""
    folder = resources.files(__package__)
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _minute(moment: int) -> str:
    return iso(moment)[:16].replace("T", " ")
