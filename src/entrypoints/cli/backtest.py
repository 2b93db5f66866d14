"""crypto-trader backtest: recorded candles through the whole system."""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.errors import InputError
from domain import instant
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.cli.moment import Moment

if TYPE_CHECKING:
    from entrypoints.backtest.finished import FinishedRun

FILE = click.Path(path_type=Path)


@click.command(
    "backtest",
    epilog="Past results promise nothing: fills, spread and slippage here are assumptions.",
)
@click.option(
    "--candles",
    type=FILE,
    multiple=True,
    required=True,
    help="Folder or file of 5-minute candles: Parquet, CSV, Binance archive zip. Repeatable.",
)
@click.option("--usdjpy", required=True, metavar="FILE|NUMBER", help="Yen for one dollar.")
@click.option(
    "--premium",
    default="0",
    show_default=True,
    metavar="FILE|NUMBER|drift[:SEED]",
    help="Coincheck's price over Binance x USDJPY, as a fraction.",
)
@click.option("--fear-greed", type=FILE, help="CSV: date, value. Absent if not given.")
@click.option("--funding", type=FILE, help="CSV: funding_time, symbol, rate. Absent if not given.")
@click.option("--dominance", type=FILE, help="CSV: date, btc_dominance. Absent if not given.")
@click.option("--news", type=FILE, help="Headlines: CSV or CryptoPanic JSON. Absent if not given.")
@click.option("--forecasts", type=FILE, help="File of `forecast`. Momentum if not given.")
@click.option(
    "--forecast-model",
    metavar="VERSION",
    help="Refuse forecasts of other weights: as `forecast` names them, or their beginning.",
)
@click.option("--from", "start", type=Moment(), help="First candle's opening time.")
@click.option("--to", "end", type=Moment(), help="End; candles opened before it are used.")
@click.option("--pairs", help="Coins, comma-separated: BTC,ETH. All six if not given.")
@click.option(
    "--cash", default="100000", show_default=True, metavar="JPY", help="Yen at the start."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A strategy parameter."
)
@click.option("--spread", default=0.1, show_default=True, help="(ask - bid) / middle, in %.")
@click.option("--slippage", default=0.05, show_default=True, help="Worse price per order, in %.")
@click.option("--fee", default=0.0, show_default=True, help="Taker fee in %.")
@click.option("--latency", default=500, show_default=True, help="Order to market, in ms.")
@click.option("--parts", default=1, show_default=True, help="Parts that an order fills in.")
@click.option("--report", type=FILE, help="Write a self-contained HTML report here.")
@click.option("--study", help="finta indicators to draw in the report: vwap,ichimoku,obv.")
@click.option("--events", type=FILE, help="Keep the event log in this SQLite file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(**options: Any) -> int:
    """Trade recorded candles through the whole system and say what would have happened.

    \b
    Examples:
      crypto-trader backtest --candles examples/candles --usdjpy 150
      crypto-trader backtest --candles klines/ --usdjpy usdjpy.csv --from 2025-01-01 \\
          --to 2025-07-01 --set buy_threshold=0.3 --report build/r.html --events build/e.sqlite
    """
    from entrypoints.backtest.run import run_backtest
    from entrypoints.cli.progress import progress_bar

    settings = _settings(options)
    if options["forecast_model"] and not options["forecasts"]:
        raise click.UsageError("--forecast-model says of what model: give --forecasts FILE too")
    if options["study"] and not options["report"]:
        raise click.UsageError("--study draws in the report: give --report FILE.html too")
    if options["report"] is not None:
        from entrypoints.backtest.report import check_studies, check_target

        # said before the run, not after it
        check_target(options["report"])
        check_studies(_names(options["study"]))
    with progress_bar("backtest") as told:
        result = run_backtest(settings, lambda run: _finish(run, options), told)
    if options["as_json"]:
        print(json.dumps(result, allow_nan=False))
    return 0


def _names(study: str | None) -> list[str]:
    return [name.strip() for name in (study or "").split(",") if name.strip()]


def _settings(options: dict[str, Any]) -> Any:
    from entrypoints.backtest.settings import BacktestSettings

    pairs = options["pairs"]
    start, end = options["start"], options["end"]
    if start is not None and end is not None and start >= end:
        raise click.UsageError(f"--from {instant.iso(start)} is not before --to {instant.iso(end)}")
    return BacktestSettings(
        candles=options["candles"],
        usdjpy=options["usdjpy"],
        premium=options["premium"],
        instruments=DEFAULT.only(pairs.split(",")) if pairs else DEFAULT,
        parameters=STANDARD.with_settings(options["settings"]),
        cash=_cash(options["cash"]),
        start=start,
        end=end,
        fear_greed=options["fear_greed"],
        funding=options["funding"],
        dominance=options["dominance"],
        news=options["news"],
        forecasts=options["forecasts"],
        forecast_model=options["forecast_model"],
        events=options["events"],
        spread_pct=_between("--spread", options["spread"], 0, 50),
        slippage_pct=_between("--slippage", options["slippage"], 0, 50),
        fee_pct=_between("--fee", options["fee"], 0, 50),
        latency_ms=int(_between("--latency", options["latency"], 0, 3_600_000)),
        parts=int(_between("--parts", options["parts"], 1, 100)),
    )


def _cash(text: str) -> Jpy:
    try:
        cash = Decimal(text.replace("_", "").replace(",", ""))
    except ArithmeticError:
        raise InputError(f"--cash {text!r} is not a number of yen") from None
    if not cash.is_finite() or not 0 < cash <= Decimal(10) ** 12:
        raise InputError(f"--cash {text} must be more than 0 and at most 1,000,000,000,000 JPY")
    return Jpy(cash)


def _between(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise InputError(f"{name} {value:g} is out of range: {low:g} to {high:g}")
    return value


def _finish(run: FinishedRun, options: dict[str, Any]) -> dict[str, Any]:
    """Metrics, report and the terminal, while the log is still open."""
    import asyncio

    from entrypoints.backtest.outcome import outcome_of, to_json
    from entrypoints.backtest.trades import read_trades

    book = asyncio.run(read_trades(run.store))
    outcome = outcome_of(run, book)
    if options["report"] is not None:
        from entrypoints.backtest.report import write_report

        write_report(run, book, outcome, options["report"], _names(options["study"]))
    result = to_json(outcome, run)
    result["cpu_seconds"] = round(time.process_time(), 2)
    if not options["as_json"]:
        from rich.console import Console

        from entrypoints.backtest.terminal_summary import render_terminal

        render_terminal(outcome, run, Console(file=sys.stdout))
        for name in ("report", "events"):
            if options[name] is not None:
                click.echo(f"{name}: {options[name]}")
    return result
