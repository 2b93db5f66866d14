"""crypto-trader forecast: what Chronos says at every analysis of recorded candles, into a file."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.errors import InputError
from domain.instant import iso
from domain.instruments import DEFAULT
from domain.parameters import STANDARD
from entrypoints.cli.moment import Moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from entrypoints.forecasts.compute import Computed
    from entrypoints.forecasts.windows import Window

FILE = click.Path(path_type=Path)
INTERRUPTED = 130


@click.command(
    "forecast",
    epilog="Needs the extra `chronos`: torch and chronos-forecasting. Weights are never fetched.",
)
@click.option(
    "--candles",
    type=FILE,
    multiple=True,
    required=True,
    help="Folder or file of 5-minute candles, as for backtest. Repeatable.",
)
@click.option("--out", type=FILE, required=True, help="The Parquet file to write.")
@click.option(
    "--model",
    "folder",
    type=FILE,
    default="models/chronos-2",
    show_default=True,
    help="Folder with config.json and model.safetensors.",
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option(
    "--threads", type=click.IntRange(1, 1024), help="Of torch. Its own choice if not given."
)
@click.option("--batch", type=click.IntRange(1, 4096), help="Windows at a time. Found by memory.")
@click.option(
    "--every",
    type=click.Choice(["analysis", "tick", "hour"]),
    default="analysis",
    show_default=True,
    help="When: where a backtest of exactly this period analyses, every 5 minutes, or hourly.",
)
@click.option("--from", "start", type=Moment(), help="First candle's opening time.")
@click.option("--to", "end", type=Moment(), help="End; candles opened before it are used.")
@click.option("--pairs", help="Coins, comma-separated: BTC,ETH. All six if not given.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A strategy parameter."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(**options: Any) -> int:
    """Forecast the hour ahead at every analysis of recorded candles; backtest --forecasts uses it.

    Give both commands the same candles, period, coins and parameters. Stop it at any moment and
    run the same command again: what is computed is kept.

    \b
    Examples:
      crypto-trader forecast --candles candles --model models/chronos-2 --out forecasts.parquet
      crypto-trader backtest --candles candles --usdjpy 150 --forecasts forecasts.parquet
    """
    from adapters.forecaster.chronos_local import load_chronos
    from adapters.market_data.candle_files import load_candles
    from entrypoints.backtest.run import period
    from entrypoints.cli.progress import progress_bar
    from entrypoints.forecasts.compute import compute_forecasts
    from entrypoints.forecasts.windows import times, windows

    _check(options)
    parameters = STANDARD.with_settings(options["settings"])
    pairs = options["pairs"]
    loaded = load_candles(
        options["candles"],
        DEFAULT.only(pairs.split(",")) if pairs else DEFAULT,
        options["start"],
        options["end"],
        history=max(parameters.technical_candles, parameters.forecast_candles),
    )
    start, end = period(loaded.series, options["start"])
    moments = times(options["every"], loaded.series, start, end, parameters)
    wanted = windows(loaded.series, moments, start, parameters)
    model = load_chronos(options["folder"], device=options["device"], threads=options["threads"])
    done = [0]

    try:
        with progress_bar("forecast") as bar:

            def told(count: int, at: int) -> None:
                done[0] = count
                bar(start, at, end)

            computed = compute_forecasts(
                loaded.series,
                wanted,
                model=model,
                steps=parameters.forecast_steps,
                out=options["out"],
                batch=options["batch"],
                told=told,
            )
    except KeyboardInterrupt:
        said = f"interrupted: {done[0]:,} of {len(wanted):,} forecasts were reached"
        click.echo(f"crypto-trader: {said}; run the same command to go on", err=True)
        return INTERRUPTED
    _conclude(options, wanted, computed, f"{model.name}@{model.version}")
    return 0


def _check(options: dict[str, Any]) -> None:
    """Said before the work, not after it."""
    out: Path = options["out"]
    start, end = options["start"], options["end"]
    if start is not None and end is not None and start >= end:
        raise click.UsageError(f"--from {iso(start)} is not before --to {iso(end)}")
    if out.suffix != ".parquet":
        raise InputError(f"--out {out}: name a file that ends in .parquet")
    if out.is_dir():
        raise InputError(f"--out {out}: is a folder; give a file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: {error.strerror or error}") from error


def _conclude(
    options: dict[str, Any], wanted: Sequence[Window], computed: Computed, source: str
) -> None:
    out: Path = options["out"]
    told = {
        "file": str(out),
        "model": source,
        "forecasts": computed.windows,
        "computed": computed.computed,
        "not_believed": computed.wrong,
        "batch": computed.batch,
        "from": iso(wanted[0].at),
        "to": iso(wanted[-1].at),
    }
    if options["as_json"]:
        print(json.dumps(told))
        return
    click.echo(
        f"{out}: {computed.windows:,} forecasts of {source}, {told['from']} to {told['to']}; "
        f"{computed.computed:,} computed now"
    )
    if computed.wrong:
        click.echo(
            f"note: {computed.wrong:,} cannot be believed (quantiles that cross, or no price): "
            f"momentum stands in for them",
            err=True,
        )
    candles = [word for one in options["candles"] for word in ("--candles", str(one))]
    words = ["crypto-trader", "backtest", *candles, "--usdjpy", "150", "--forecasts", str(out)]
    click.echo(f"next: {shlex.join(words)}", err=True)
