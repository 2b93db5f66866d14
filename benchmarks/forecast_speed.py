"""How fast Chronos-2 forecasts here: the full architecture, random weights.

    python benchmarks/forecast_speed.py [--rounds 3] [--json]

Windows of 336 candles, 12 steps ahead, in batches of 1, 6 and 64, on the processors and on a GPU
where there is one; what a call with six coins takes on two threads (goal: 2 seconds); hours
for a year of hourly forecasts of six coins; and what forecasting all coins in one call saves over
a call for each, from the cost model. Needs the extra `chronos`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

CANDLES, STEPS, COINS = 336, 12, 6
BATCHES = 1, 6, 64
A_YEAR = COINS * 365 * 24
GOAL_S = 2.0
THREADS = 2
FULL = {"d_model": 768, "d_kv": 64, "d_ff": 3072, "num_layers": 12, "num_heads": 12}
"""Of the published model with 120 million parameters."""
QUANTILES = [0.01, *(number / 20 for number in range(1, 20)), 0.99]


def full_size(folder: Path) -> int:
    """A model of that architecture in a folder; how many parameters it has."""
    import torch
    from chronos.chronos2.config import Chronos2CoreConfig
    from chronos.chronos2.model import Chronos2Model
    from transformers.utils.logging import disable_progress_bar

    torch.manual_seed(0)
    model = Chronos2Model(
        Chronos2CoreConfig(
            **FULL,
            feed_forward_proj="relu",
            vocab_size=2,
            pad_token_id=0,
            reg_token_id=1,
            architectures=["Chronos2Model"],
            chronos_pipeline_class="Chronos2Pipeline",
            chronos_config={
                "context_length": 8192,
                "input_patch_size": 16,
                "input_patch_stride": 16,
                "max_output_patches": 64,
                "output_patch_size": 16,
                "quantiles": QUANTILES,
                "time_encoding_scale": 8192,
                "use_arcsinh": True,
                "use_reg_token": True,
            },
        )
    ).eval()
    disable_progress_bar()
    model.save_pretrained(folder)
    return sum(one.numel() for one in model.parameters())


def rates(folder: Path, device: str, rounds: int) -> dict[str, Any]:
    """Windows a second by batch (median of rounds that take turns), and a call of six coins."""
    from adapters.forecaster.chronos_local import load_chronos

    model = load_chronos(folder, device=device, threads=THREADS)
    random = np.random.default_rng(1)
    series = 100.0 * np.exp(np.cumsum(random.normal(0, 0.001, (64, CANDLES)), axis=1))
    found: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    calls: list[tuple[float, float]] = []
    model.quantiles(list(series[:1]), STEPS, 1)
    for _ in range(rounds):
        for batch in BATCHES:
            many = list(series[: max(batch, 6)])
            began = time.perf_counter()
            model.quantiles(many, STEPS, batch)
            found[batch].append(len(many) / (time.perf_counter() - began))
        began, used = time.perf_counter(), time.process_time()
        model.quantiles(list(series[:COINS]), STEPS, COINS)
        calls.append((time.perf_counter() - began, time.process_time() - used))
    best = max(statistics.median(one) for one in found.values())
    return {
        "windows_a_second": {str(key): statistics.median(one) for key, one in found.items()},
        "six_coins_over_six_calls": statistics.median(found[6]) / statistics.median(found[1]),
        "six_coins_s": statistics.median(wall for wall, _ in calls),
        "six_coins_cpu_s": statistics.median(used for _, used in calls),
        "year_hours": A_YEAR / best / 3600,
    }


def batching() -> dict[str, Any] | str:
    """Calls and USD a month of one forecast call an analysis, and of one for each coin."""
    from application.errors import InputError
    from entrypoints.cost.assumptions import load_assumptions
    from entrypoints.cost.estimate import Basis
    from entrypoints.cost.known_durations import load_durations
    from entrypoints.cost.price_table import load_prices
    from entrypoints.cost.read_template import find_template, read_template
    from entrypoints.cost.workload import Scenario

    try:
        stack = read_template(find_template())
    except InputError as error:
        return f"not priced: {error}"
    basis = Basis(
        stack=stack,
        prices=load_prices(None),
        durations=load_durations(),
        assumed=load_assumptions(),
    )
    told = {}
    for way in ("per_analysis", "per_pair"):
        scenario = Scenario(batching=way, forecasts="endpoint")  # type: ignore[arg-type]
        bill = basis.bill(scenario)
        told[way] = {
            "calls": basis.month(scenario).runs["chronos-caller"],
            "usd": float(bill.usd),
            "usd_without_free_tier": float(bill.full_usd),
        }
    return told


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
def main(rounds: int, *, as_json: bool) -> None:
    """Measure forecasts of the full architecture."""
    import torch

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found: dict[str, Any] = {"parameters": full_size(folder)}
        found["cpu"] = rates(folder, "cpu", rounds)
        found["gpu"] = rates(folder, "cuda", rounds) if torch.cuda.is_available() else None
    found["batching"] = batching()
    print(json.dumps(found) if as_json else _page(found))


def _page(found: dict[str, Any]) -> str:
    lines = [f"{found['parameters'] / 1e6:.0f} million random parameters, {CANDLES} candles each"]
    for device in ("cpu", "gpu"):
        of = found[device]
        if of is None:
            lines.append("gpu: torch sees none here")
            continue
        speeds = ", ".join(
            f"{rate:.1f} in batches of {batch}" for batch, rate in of["windows_a_second"].items()
        )
        reached = "within" if of["six_coins_s"] <= GOAL_S else "over"
        times = f"{of['six_coins_over_six_calls']:.1f} times as fast as in six"
        takes = (
            f"{of['six_coins_s']:.2f} s on {THREADS} threads, {reached} the goal of {GOAL_S} s "
            f"({of['six_coins_cpu_s']:.2f} CPU s, waiting threads included)"
        )
        lines += [
            f"{device}: windows a second: {speeds}",
            f"{device}: six coins in one call are {times}; {takes}",
            f"{device}: a year of hourly forecasts ({A_YEAR:,}): {of['year_hours']:.1f} hours",
        ]
    if isinstance(found["batching"], str):
        return "\n".join([*lines, found["batching"]])
    lines += [
        f"{way}: {of['calls']:,.0f} calls a month; AWS {of['usd']:.2f} USD, "
        f"{of['usd_without_free_tier']:.2f} without the free tier"
        for way, of in found["batching"].items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
