"""One backtest from its settings to a finished run."""

from __future__ import annotations

import asyncio
import gc
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING

from adapters.exchange.simulated.matching import FillAssumptions
from adapters.wire_format.digest import RunDigest
from application.errors import InputError
from domain.instant import CANDLE
from entrypoints.backtest.drive import World, drive
from entrypoints.backtest.finished import FinishedRun
from entrypoints.backtest.forecasts import recorded_forecaster, with_forecasts_counted
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from application.ports.event_store import EventStore
    from domain.market.candle_series import CandleSeries
    from entrypoints.backtest.settings import BacktestSettings


def run_backtest(
    settings: BacktestSettings,
    finish: Callable[[FinishedRun], object],
    progress: Callable[[int, int, int], None] | None = None,
) -> object:
    """Run, and give the finished run to `finish` while its log is still open.

    `progress` is told (start, now, end) in ms. The log's file appears after `finish` has
    returned. Raises InputError or ConfigurationError with one clear sentence.
    """
    from adapters.exchange.simulated.yen_rate import YenPrice, load_premium, load_usdjpy
    from adapters.market_data.candle_files import load_candles

    p = settings.parameters
    loaded = load_candles(
        settings.candles,
        settings.instruments,
        settings.start,
        settings.end,
        history=max(p.technical_candles, p.forecast_candles),
    )
    yen = YenPrice(load_usdjpy(settings.usdjpy), load_premium(settings.premium))
    instruments = settings.instruments.only(loaded.series)
    start, end = period(loaded.series, settings.start)
    yen.factor(start)  # a rate that begins too late is said before the run, not within it
    forecaster = recorded_forecaster(settings, start, end)
    container = in_memory(
        series=loaded.series,
        yen=providers.Object(yen),
        traded=providers.Object(
            {pair: one.between(start - CANDLE, end) for pair, one in loaded.series.items()}
        ),
        instruments=instruments,
        parameters=p,
        cash=providers.Object(settings.cash),
        terms=providers.Object(_terms(settings)),
        market_context=providers.Object(_market_context(settings)),
        news_feed=providers.Object(_news(settings)),
        forecaster=providers.Object(forecaster),
    )
    with ExitStack() as stack:
        if settings.events is not None:
            from entrypoints.wiring.log_file import research_log

            store = stack.enter_context(research_log(settings.events, container.tables()))
            container.event_store.override(providers.Object(store))
        run = complete(
            container,
            start,
            end,
            notes=(*_origin(settings), *loaded.repairs),
            progress=None if progress is None else lambda now: progress(start, now, end),
        )
        return finish(with_forecasts_counted(run, forecaster))


def _origin(settings: BacktestSettings) -> tuple[str, ...]:
    """Candles that the project made itself say so in their name."""
    made = any("synthetic" in name.name for path in settings.candles for name in _names(path))
    return ("the candles are synthetic: made from a seed, not traded",) if made else ()


def _names(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def complete(
    container: Environment,
    start: int,
    end: int,
    *,
    notes: tuple[str, ...],
    progress: Callable[[int], None] | None = None,
) -> FinishedRun:
    """Drive a wired environment from its first tick to its last (ms) and take stock."""
    ports = container.ports()
    world = World(
        clock=container.clock(),
        exchange=container.exchange(),
        prices=container.prices(),
        yen=container.yen(),
    )
    # the log keeps every event to the end and events hold no cycles: nothing to collect
    gc.freeze()
    gc.disable()
    try:
        trader, sampler = asyncio.run(drive(ports, world, start, end, progress))
        curve, yen = sampler.curve()
        digest, events = asyncio.run(_digest(ports.log.store))
    finally:
        gc.enable()
        gc.unfreeze()
    series: Mapping[str, CandleSeries] = container.series()
    return FinishedRun(
        start=start,
        end=end,
        instruments=ports.instruments,
        parameters=ports.parameters,
        cash=float(container.cash().amount),
        series=series,
        curve=curve,
        yen=yen,
        store=ports.log.store,
        candles=sum(len(one.between(start - CANDLE, end)) for one in series.values()),
        analyses=trader.analyses,
        orders=len(world.exchange.history),
        events=events,
        digest=digest,
        notes=notes,
    )


def period(series: Mapping[str, CandleSeries], asked_start: int | None) -> tuple[int, int]:
    """First and last tick (ms): the first candle asked for is known at the first tick."""
    first = min(int(one.open_time[0]) for one in series.values())
    last = max(int(one.open_time[-1]) for one in series.values())
    if asked_start is not None:
        first = max(first, asked_start)
    if last < first:
        raise InputError("the candles end before --from: choose an earlier start")
    return first - first % CANDLE + CANDLE, last + CANDLE


async def _digest(store: EventStore) -> tuple[str, int]:
    digest, events = RunDigest(), 0
    async for _, commit in store.read_all():
        digest.add(commit)
        events += len(commit.events)
    return digest.hexdigest(), events


def _terms(settings: BacktestSettings) -> FillAssumptions:
    def fraction(pct: float) -> Decimal:
        return Decimal(repr(pct)) / 100

    return FillAssumptions(
        spread=fraction(settings.spread_pct),
        slippage=fraction(settings.slippage_pct),
        fee=fraction(settings.fee_pct),
        latency_ms=settings.latency_ms,
        parts=settings.parts,
    )


def _market_context(settings: BacktestSettings) -> object | None:
    if not (settings.fear_greed or settings.funding or settings.dominance):
        return None
    from adapters.market_context.recorded import (
        RecordedMarketContext,
        load_dominance,
        load_fear_greed,
        load_funding,
    )

    return RecordedMarketContext(
        fear_greed=load_fear_greed(settings.fear_greed) if settings.fear_greed else None,
        funding=load_funding(settings.funding, settings.instruments) if settings.funding else None,
        dominance=load_dominance(settings.dominance) if settings.dominance else None,
    )


def _news(settings: BacktestSettings) -> object | None:
    if settings.news is None:
        return None
    from adapters.news_feed.recorded import RecordedNews, load_news

    return RecordedNews(load_news(settings.news))
