"""Windows scored one by one and in batches have the same readings, bit for bit."""

import asyncio
import random

import attrs
import numpy as np
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.market_data.synthetic import synthetic_market
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.technical_scorer.batched import BatchedScorer
from adapters.technical_scorer.windowed import WindowedScorer
from application.commit import Log
from domain.events import Candle, PriceCollected, TechnicalReading
from domain.instant import CANDLE
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.parameters import STANDARD

COINS = DEFAULT.only(["eth_usdt", "btc_usdt", "doge_usdt"])
PAIRS = COINS.pairs
MARKET = synthetic_market(7, 2.5, COINS)
START = min(int(one.open_time[0]) for one in MARKET.values())
END = max(int(one.open_time[-1]) for one in MARKET.values()) + CANDLE
Readings = list[dict[str, TechnicalReading | None]]


def with_gaps(one: CandleSeries, seed: int) -> CandleSeries:
    """A tenth of the candles missing, and one hole of two hours."""
    keep = np.array([random.Random(seed + n).random() > 0.1 for n in range(len(one))])
    keep[300:324] = False
    columns = attrs.astuple(one, recurse=False)[1:]
    return CandleSeries(one.pair, *(column[keep] for column in columns))


GAPPY = {pair: with_gaps(one, 1000 * n) for n, (pair, one) in enumerate(MARKET.items())}


def ticks(seed: int, count: int) -> list[int]:
    """Random ticks in order; the first ones have too few candles."""
    numbers = random.Random(seed).sample(range(1, (END - START) // CANDLE), count)
    return [START + CANDLE * one for one in sorted([*numbers, 1, 49, 50, 51])]


def windowed(market: dict[str, CandleSeries], at: list[int]) -> Readings:
    """As live: candles are stored when they have closed, the newest window is scored."""

    async def play() -> Readings:
        clock = SimulatedClock(START)
        tables = InMemoryReadModels(clock)
        log = Log(InMemoryEventStore(tables), tables, "test")
        scorer = WindowedScorer(tables, STANDARD)
        found: Readings = []
        since, version = 0, 1
        for tick in at:
            clock.move_to(tick)
            events = []
            for one in market.values():
                new = one.between(since, tick - CANDLE + 1)
                columns = attrs.astuple(new, recurse=False)[1:]
                rows = zip(*(column.tolist() for column in columns), strict=True)
                events += [PriceCollected(Candle(one.pair, *row)) for row in rows]
            since = tick - CANDLE + 1
            if events:
                commit = log.commit("ticks", version, events, at=tick, correlation="", causation="")
                await log.append(commit)
                version += len(events)
            found.append(dict(await scorer.readings(PAIRS, tick)))
        return found

    return asyncio.run(play())


def batched(scorer: BatchedScorer, at: list[int]) -> Readings:
    async def play() -> Readings:
        return [dict(await scorer.readings(PAIRS, tick)) for tick in at]

    return asyncio.run(play())


@pytest.mark.parametrize("market", [MARKET, GAPPY], ids=["as made", "with gaps"])
@pytest.mark.parametrize("stretch", [1, 17, 4096])
def test_windowed_and_batched_readings_are_the_same_bits(market, stretch: int) -> None:
    at = ticks(3, 60)
    alone = windowed(market, at)
    together = batched(BatchedScorer(market, STANDARD, stretch=stretch), at)
    assert repr(together) == repr(alone)
    assert sum(one is not None for row in alone for one in row.values()) > 120


def test_ticks_that_were_not_expected_have_the_same_bits() -> None:
    at = ticks(4, 40)
    due = {pair: np.arange(len(one)) % 3 == 0 for pair, one in MARKET.items()}
    expected = batched(BatchedScorer(MARKET, STANDARD), at)
    assert repr(batched(BatchedScorer(MARKET, STANDARD, due=due), at)) == repr(expected)


def test_ticks_may_come_in_any_order() -> None:
    at = ticks(5, 30)
    forth = batched(BatchedScorer(MARKET, STANDARD, stretch=50), at)
    back = batched(BatchedScorer(MARKET, STANDARD, stretch=50), at[::-1])
    assert repr(back[::-1]) == repr(forth)


def test_too_few_candles_give_none() -> None:
    least = STANDARD.technical_min_candles
    at = [START, START + CANDLE, START + least * CANDLE - CANDLE]
    for row in [*batched(BatchedScorer(MARKET, STANDARD), at), *windowed(MARKET, at)]:
        assert list(row.values()) == [None] * len(PAIRS)


def test_a_candle_that_has_not_closed_is_not_looked_at() -> None:
    at = START + 400 * CANDLE
    cut = {pair: one.between(START, at - CANDLE + 1) for pair, one in MARKET.items()}
    known = batched(BatchedScorer(MARKET, STANDARD), [at, at + CANDLE - 1])
    assert repr(known[0]) == repr(known[1])
    assert repr(batched(BatchedScorer(cut, STANDARD), [at])[0]) == repr(known[0])
