"""Replayed candles: every question gets what a plain filter finds, and nothing of the future."""

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapters.market_data.recorded import RecordedMarketData
from application.errors import OutsideError
from domain.events import Candle
from domain.instant import CANDLE, parse
from domain.market.candle_series import CandleSeries

START = parse("2025-03-01")
BTC, ETH = "btc_usdt", "eth_usdt"


def series(pair: str, places: Sequence[int]) -> CandleSeries:
    """Candles at these places of the 5-minute grid; every value tells pair and place."""
    at = np.array(sorted(places), dtype=np.int64)
    price = np.array(at + (1000 if pair == BTC else 2000), dtype=np.float64)
    columns = [np.asarray(price + more, np.float64) for more in (0.0, 0.3, -0.3, 0.1)]
    columns.append(np.asarray(at / 10, np.float64))
    return CandleSeries(pair, START + at * CANDLE, *columns)


def all_of(one: CandleSeries) -> list[Candle]:
    columns = (one.open_time, one.open, one.high, one.low, one.close, one.volume)
    return [Candle(one.pair, *row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def ask(market: RecordedMarketData, after: Mapping[str, int], now: int) -> dict[str, list[Candle]]:
    answer = asyncio.run(market.closed_candles(after, now))
    told = {}
    for pair, found in answer.items():
        assert not isinstance(found, OutsideError)
        told[pair] = list(found)
    return told


def places(market: RecordedMarketData, after: int, now: int, pair: str = BTC) -> list[int]:
    return [(one.open_time - START) // CANDLE for one in ask(market, {pair: after}, now)[pair]]


def test_a_candle_is_unknown_a_millisecond_before_it_has_closed() -> None:
    market = RecordedMarketData({BTC: series(BTC, range(3))})
    assert places(market, 0, START) == []
    assert places(market, 0, START + CANDLE - 1) == []
    assert places(market, 0, START + CANDLE) == [0]
    assert places(market, 0, START + 2 * CANDLE - 1) == [0]
    assert places(market, 0, START + 2 * CANDLE) == [0, 1]


def test_candles_come_after_the_time_given_and_not_at_it() -> None:
    market = RecordedMarketData({BTC: series(BTC, range(5))})
    end = START + 5 * CANDLE
    assert places(market, START + CANDLE, end) == [2, 3, 4]
    assert places(market, START + CANDLE - 1, end) == [1, 2, 3, 4]
    assert places(market, START + 4 * CANDLE, end) == []
    assert places(market, end + CANDLE, end) == []


def test_one_candle_a_tick_and_nothing_in_a_gap() -> None:
    market = RecordedMarketData({BTC: series(BTC, [0, 1, 4, 5])})
    last, told = START - 1, []
    for tick in range(1, 8):
        found = places(market, last, START + tick * CANDLE)
        told.append(found)
        if found:
            last = START + found[-1] * CANDLE
    assert told == [[0], [1], [], [], [4], [5], []]


def test_a_cursor_may_jump_back_without_moving_the_other_one() -> None:
    recorded = {BTC: series(BTC, range(6)), ETH: series(ETH, range(6))}
    market = RecordedMarketData(recorded)
    btc, eth = all_of(recorded[BTC]), all_of(recorded[ETH])
    start, step = START - 1, CANDLE
    assert ask(market, {BTC: start, ETH: start}, START + 3 * step) == {BTC: btc[:3], ETH: eth[:3]}
    newest = START + 2 * step
    again = ask(market, {BTC: start, ETH: newest}, START + 4 * step)
    assert again == {BTC: btc[:4], ETH: eth[3:4]}
    on = ask(market, {BTC: START + 3 * step, ETH: START + 3 * step}, START + 5 * step)
    assert on == {BTC: btc[4:5], ETH: eth[4:5]}


def test_only_the_pairs_asked_for_answer() -> None:
    market = RecordedMarketData({BTC: series(BTC, range(3)), ETH: series(ETH, range(3))})
    assert set(ask(market, {ETH: 0}, START + CANDLE)) == {ETH}
    assert ask(market, {}, START + CANDLE) == {}


def test_an_empty_recording_never_has_a_candle() -> None:
    market = RecordedMarketData({BTC: series(BTC, [])})
    assert places(market, 0, START + CANDLE) == []


def test_values_are_plain_numbers_as_recorded() -> None:
    recorded = series(BTC, [7])
    found = ask(RecordedMarketData({BTC: recorded}), {BTC: 0}, START + 8 * CANDLE)[BTC]
    assert found == [Candle(BTC, START + 7 * CANDLE, 1007.0, 1007.3, 1006.7, 1007.1, 0.7)]
    assert (type(found[0].open_time), type(found[0].close)) == (int, float)


MOMENTS = st.one_of(
    st.integers(-2, 34).map(lambda place: START + place * CANDLE),
    st.integers(START - 2 * CANDLE, START + 34 * CANDLE),
)


@given(
    btc=st.sets(st.integers(0, 30)),
    eth=st.sets(st.integers(0, 30)),
    questions=st.lists(st.tuples(MOMENTS, MOMENTS, MOMENTS), min_size=1, max_size=12),
)
def test_any_question_gets_what_a_plain_filter_finds(
    btc: set[int], eth: set[int], questions: list[tuple[int, int, int]]
) -> None:
    recorded = {BTC: series(BTC, sorted(btc)), ETH: series(ETH, sorted(eth))}
    market = RecordedMarketData(recorded)
    for after_btc, after_eth, now in questions:
        after = {BTC: after_btc, ETH: after_eth}
        expected = {
            pair: [
                one
                for one in all_of(recorded[pair])
                if one.open_time > last and one.close_time <= now
            ]
            for pair, last in after.items()
        }
        assert ask(market, after, now) == expected


@given(
    gone=st.sets(st.integers(0, 30)),
    steps=st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=40),
)
def test_a_reader_that_goes_on_from_its_last_candle_misses_none(
    gone: set[int], steps: list[tuple[int, bool]]
) -> None:
    recorded = series(BTC, [place for place in range(31) if place not in gone])
    market = RecordedMarketData({BTC: recorded})
    now, last = START, START - 1
    told: list[int] = []
    for ticks, lost in steps:
        now += ticks * CANDLE
        found = places(market, last, now)
        if found and not lost:  # a lost answer is asked for again
            told += found
            last = START + found[-1] * CANDLE
    known = [(one.open_time - START) // CANDLE for one in all_of(recorded)]
    assert told == [place for place in known if START + place * CANDLE <= last]
