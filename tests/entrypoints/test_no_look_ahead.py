"""Cutting off the future changes nothing that was decided before it, to the last bit."""

import asyncio
import random

import pytest

from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, drifting_premium
from adapters.market_data.synthetic import synthetic_market
from domain.events import DecisionMade, OrderFillReceived, OrderPlaced, OrderRequested, SignalScored
from domain.instant import CANDLE
from domain.instruments import DEFAULT
from entrypoints.backtest.drive import World, drive
from entrypoints.backtest.run import period
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

SERIES = synthetic_market(4, 3.5, DEFAULT)
FIRST = min(int(one.open_time[0]) for one in SERIES.values())
START, END = period(SERIES, FIRST + 336 * CANDLE)


def commits_of(end: int) -> list:
    """The log of a run that knows no candle opened at or after `end` and ends there."""
    container = in_memory(
        series={pair: one.between(FIRST, end) for pair, one in SERIES.items()},
        yen=providers.Object(YenPrice(YenRate.constant(150.0), drifting_premium(4))),
    )
    world = World(
        clock=container.clock(),
        exchange=container.exchange(),
        prices=container.prices(),
        yen=container.yen(),
    )
    asyncio.run(drive(container.ports(), world, START, end))
    return list(container.event_store().commits)


WHOLE = commits_of(END)
CUTS = [
    START + CANDLE * offset
    for offset in random.Random(11).sample(range(1, (END - START) // CANDLE), 12)
]


def decided(commits: list, until: int) -> list:
    """Every score and decision up to a tick."""
    return [
        (commit.at, event)
        for commit in commits
        for event in commit.events
        if commit.at <= until and isinstance(event, SignalScored | DecisionMade)
    ]


@pytest.mark.parametrize("cut", CUTS)
def test_what_comes_later_changes_no_score_and_no_decision(cut: int) -> None:
    before = decided(commits_of(cut), cut)
    assert before
    assert repr(before) == repr(decided(WHOLE, cut))


def test_every_fill_comes_after_its_request() -> None:
    asked, placed, fills = {}, {}, 0
    for commit in WHOLE:
        for event in commit.events:
            if isinstance(event, OrderRequested):
                asked[event.order] = event.asked_at
            elif isinstance(event, OrderPlaced):
                placed[event.order] = commit.at
            elif isinstance(event, OrderFillReceived):
                fills += 1
                assert event.filled_at > asked[event.order]
                assert event.filled_at > placed[event.order]
    assert fills > 10


def test_an_order_never_fills_at_the_price_that_it_was_decided_on() -> None:
    opens = {
        (pair, int(time)): float(price)
        for pair, one in SERIES.items()
        for time, price in zip(one.open_time, one.open, strict=True)
    }
    pair_of, checked = {}, 0
    for commit in WHOLE:
        for event in commit.events:
            if isinstance(event, OrderRequested):
                pair_of[event.order] = event.pair
            elif isinstance(event, OrderFillReceived):
                opened = event.filled_at - event.filled_at % CANDLE
                usdt = opens[pair_of[event.order], opened]
                premium = drifting_premium(4)
                yen = usdt * 150.0 * (1 + premium.at(opened))
                assert abs(float(event.price.amount) / yen - 1) < 0.0015
                checked += 1
    assert checked > 10
