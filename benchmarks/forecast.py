"""Is the forecast any good? Chronos-2, momentum, last value and seasonal naive on real candles.

    python benchmarks/forecast.py --tiny                    # random weights: proves the machinery
    python benchmarks/forecast.py --model models/chronos-2  # any model of chronos-forecasting
    python benchmarks/forecast.py --model A --against B     # two models, speed and loss

Needs an environment with the extra `chronos` and benchmarks/requirements.txt. Reads the candles of
../shared/data unless --candles says others.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks.forecast_judging import (
    Array,
    Resample,
    Said,
    Windows,
    judged,
)

CANDLES = ROOT.parent / "shared" / "data" / "klines_5m"
DAY = 288
"""Candles of a day: the season of the seasonal naive."""
RESAMPLES = 1_000
CLAIM = "his claim, Chronos-2 250 times faster and 10 % better than T5-Base"


def drawn_windows(folder: Path, count: int, seed: int) -> Windows:
    """`count` windows: all coins at random full hours, known at the time and an hour later."""
    from adapters.market_data.candle_files import load_candles
    from domain.instant import CANDLE
    from domain.instruments import DEFAULT
    from domain.parameters import STANDARD
    from entrypoints.backtest.run import period
    from entrypoints.forecasts.windows import HOURLY, times, typical_prices, windows

    p = STANDARD
    series = load_candles([folder], DEFAULT, None, None, history=p.technical_candles).series
    start, end = period(series, None)
    hours = times(HOURLY, series, start, end - p.forecast_steps * CANDLE, p)
    chosen = np.random.default_rng(seed).choice(
        hours, min(len(hours), max(1, count // len(series))), replace=False
    )
    rows: list[tuple[Any, ...]] = []
    typical = {pair: typical_prices(one) for pair, one in series.items()}
    for one in windows(series, sorted(map(int, chosen)), start, p):
        candles, end_of = series[one.pair], one.end + p.forecast_steps
        if one.end - one.first < p.forecast_candles or end_of > len(candles.close):
            continue
        if candles.open_time[end_of - 1] - candles.open_time[one.first] != CANDLE * (
            end_of - one.first - 1
        ):
            continue  # a gap: what came is not an hour
        known, came = slice(one.first, one.end), slice(one.end, end_of)
        prices = typical[one.pair]
        close = candles.close
        last = close[one.end - 1], close[end_of - 1]
        rows.append((one.pair, one.at, prices[known], close[known], prices[came], *last))
    return Windows(*(np.array(column) for column in zip(*rows, strict=True)))


def scored(paths: Array, price: Array) -> Array:
    """The trader's own score of each path."""
    from domain.parameters import STANDARD
    from domain.scoring.forecast_score import forecast_score, quantile_spread

    return np.array(
        [
            forecast_score(
                path[:, 1].tolist(),
                quantile_spread(path[:, 0].tolist(), path[:, 2].tolist()),
                float(one),
                STANDARD,
            )
            for path, one in zip(paths, price, strict=True)
        ]
    )


def momentum(windows: Windows) -> Said:
    """What stands in when there is no forecast; it has no quantiles."""
    from domain.parameters import STANDARD
    from domain.scoring.momentum_score import momentum_score

    return Said(np.array([momentum_score(one.tolist(), STANDARD) for one in windows.closes]))


def naive(windows: Windows, season: int) -> Said:
    """The last value, or that of a season ago, with the band of its own past errors."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import Naive, SeasonalNaive

    count, candles = windows.context.shape
    steps = windows.future.shape[1]
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(count), candles),
            "ds": np.tile(np.arange(candles), count),
            "y": windows.context.ravel(),
        }
    )
    model = SeasonalNaive(season_length=season, alias="it") if season > 1 else Naive(alias="it")
    told = StatsForecast(models=[model], freq=1).forecast(df=frame, h=steps, level=[80])
    names = ["it-lo-80", "it", "it-hi-80"]
    paths = told.sort_values(["unique_id", "ds"])[names].to_numpy().reshape(count, steps, 3)
    return Said(scored(paths, windows.price), paths)


def modelled(folder: Path, windows: Windows, device: str) -> tuple[str, Said, float]:
    """A model's name, what it says, and windows a second."""
    from adapters.forecaster.chronos_local import load_chronos

    model = load_chronos(folder, device=device, threads=None)
    steps = windows.future.shape[1]
    batch = model.batch_that_fits(windows.context.shape[1], 256)
    series = list(windows.context)
    model.quantiles(series[:1], steps, 1)
    began = time.perf_counter()
    paths = model.quantiles(series, steps, batch).astype(float)
    rate = len(series) / (time.perf_counter() - began)
    # a random model's quantiles cross; what the trader does with such is not to believe it
    paths.sort(axis=2)
    return f"{model.name}@{model.version}", Said(scored(paths, windows.price), paths), rate


def block_bootstrap(seed: int) -> Resample:
    """Means over resampled blocks of times (stationary bootstrap of Politis and Romano)."""
    from arch.bootstrap import StationaryBootstrap

    def resample(sums_and_counts: Array) -> Array:
        block = max(1.0, len(sums_and_counts) ** (1 / 3))
        bootstrap = StationaryBootstrap(block, sums_and_counts, seed=seed)
        ratios = bootstrap.apply(lambda one: one[:, 0].sum() / one[:, 1].sum(), RESAMPLES)
        return np.asarray(ratios)[:, 0]

    return resample


@click.command()
@click.option("--candles", type=click.Path(path_type=Path), default=CANDLES)
@click.option("--model", type=click.Path(path_type=Path), help="A folder with weights.")
@click.option("--against", type=click.Path(path_type=Path), help="Another one, such as T5-Base.")
@click.option("--tiny", is_flag=True, help="Random weights: the figures mean nothing.")
@click.option("--windows", "count", default=3_000, show_default=True, type=click.IntRange(12))
@click.option("--cost-bp", default=10.0, show_default=True, help="Of the price, each way.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(*, as_json: bool, **asked: Any) -> None:
    """Judge forecasts of the hour ahead."""
    if not asked["candles"].exists():
        raise click.ClickException(f"no candles in {asked['candles']}: give --candles FOLDER")
    if bool(asked["tiny"]) == bool(asked["model"]):
        raise click.UsageError("give --model FOLDER, or --tiny")
    windows = drawn_windows(asked["candles"], asked["count"], asked["seed"])
    with tempfile.TemporaryDirectory() as folder:
        model = asked["model"] or _tiny(Path(folder))
        name, said, rate = modelled(model, windows, asked["device"])
    candidates = {
        name: said,
        "momentum": momentum(windows),
        "last value": naive(windows, 1),
        "seasonal naive": naive(windows, DAY),
    }
    rates = {name: rate}
    if asked["against"] is not None:
        other, candidates_of, rates[other] = modelled(asked["against"], windows, asked["device"])
        candidates[other] = candidates_of
    resample = block_bootstrap(asked["seed"])
    found = {
        "windows": len(windows.at),
        "meaningless": bool(asked["tiny"]),
        "windows_a_second": rates,
        "claim": _claim(list(rates.items())),
        "judged": judged(candidates, windows, asked["cost_bp"], resample, name),
    }
    print(json.dumps(found) if as_json else _page(found))


def _tiny(folder: Path) -> Path:
    from tests.given.tiny_chronos import tiny_chronos

    return tiny_chronos(folder / "tiny")


def _claim(rates: list[tuple[str, float]]) -> str:
    if len(rates) < 2:
        return f"{CLAIM}: unverified, there is nothing to compare with (--against FOLDER)"
    (one, fast), (other, slow) = rates
    return f"{CLAIM}; here {one} is {fast / slow:.1f} times as fast as {other}"


def _page(found: dict[str, Any]) -> str:
    lines = [f"{found['windows']:,} windows of real candles; intervals are 95 %"]
    if found["meaningless"]:
        lines.append("RANDOM WEIGHTS: the model's figures mean nothing, they prove the machinery")
    for group, of in found["judged"].items():
        lines += ["", "the model less the others" if group == "difference" else group]
        for name, measures in of.items():
            told = [
                f"{measure} {one['mean']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
                for measure, one in measures.items()
            ]
            lines.append(f"  {name:24} {'; '.join(told)}")
    rates = ", ".join(f"{name} {rate:,.1f}" for name, rate in found["windows_a_second"].items())
    return "\n".join([*lines, "", f"windows a second: {rates}", found["claim"]])


if __name__ == "__main__":
    main()
