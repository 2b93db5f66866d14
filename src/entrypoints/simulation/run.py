"""One simulated run from a seed: a synthetic market, an assumed yen, the same trader."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING

from adapters.exchange.simulated.matching import FillAssumptions
from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, drifting_premium
from adapters.market_data.synthetic import synthetic_market
from domain.instant import CANDLE
from entrypoints.backtest.run import complete, period
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from domain.instruments import Instruments
    from domain.money import Jpy
    from domain.parameters import StrategyParameters
    from entrypoints.backtest.finished import FinishedRun

USDJPY = 150.0


def run_simulation(
    *,
    seed: int,
    days: float,
    instruments: Instruments,
    parameters: StrategyParameters,
    cash: Jpy,
    parts: int,
    events: Path | None,
    finish: Callable[[FinishedRun], object],
    progress: Callable[[int, int, int], None] | None = None,
) -> object:
    """Run `days` of a synthetic market after its warm-up; see run_backtest for the rest."""
    warm_up = max(parameters.technical_candles, parameters.forecast_candles)
    series = synthetic_market(seed, days + warm_up * CANDLE / 86_400_000, instruments)
    first = min(int(one.open_time[0]) for one in series.values())
    container = in_memory(
        series=series,
        yen=providers.Object(YenPrice(YenRate.constant(USDJPY), drifting_premium(seed))),
        instruments=instruments,
        parameters=parameters,
        cash=providers.Object(cash),
        terms=providers.Object(FillAssumptions(parts=parts, fee=Decimal(0))),
    )
    start, end = period(series, first + warm_up * CANDLE)
    with ExitStack() as stack:
        if events is not None:
            from entrypoints.wiring.log_file import research_log

            store = stack.enter_context(research_log(events, container.tables()))
            container.event_store.override(providers.Object(store))
        run = complete(
            container,
            start,
            end,
            notes=(f"synthetic market of seed {seed}; {USDJPY:g} JPY a dollar, premium drifting",),
            progress=None if progress is None else lambda now: progress(start, now, end),
        )
        return finish(run)
