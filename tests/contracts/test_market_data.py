"""What every source of candles promises; a plug joins with one line in SOURCES."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import reads_client
from adapters.loopback.server import serving
from adapters.market_data.binance.klines import BinanceKlines
from adapters.market_data.binance_fake import BinanceData
from adapters.market_data.binance_fake import make_app as make_binance
from adapters.market_data.recorded import RecordedMarketData
from adapters.market_data.synthetic import synthetic_market
from application.errors import OutsideError
from application.ports.market_data import MarketData
from domain.events import Candle
from domain.instant import CANDLE
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries

COINS = DEFAULT.only(["eth_usdt", "btc_usdt", "xrp_usdt"])
MARKET = synthetic_market(9, 1.5, COINS)
START = min(int(one.open_time[0]) for one in MARKET.values())
COUNT = round(1.5 * 288)

Series = dict[str, CandleSeries]
Make = Callable[[Series], MarketData]
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Never used: without it every client would read the machine's certificates."""


@attrs.frozen
class AskedOverHttp:
    """Binance's plug and its fake: the fake's clock stands where the question stands."""

    url: str
    data: BinanceData
    series: Series

    async def closed_candles(self, after: Mapping[str, int], now: int) -> Mapping:
        clock = SimulatedClock(now)
        self.data.series = {COINS.of(pair).binance: one for pair, one in self.series.items()}
        self.data.now = clock.now
        async with reads_client(httpx.AsyncHTTPTransport(verify=TLS)) as client:
            plug = BinanceKlines(COINS, hosts=[self.url], client=client, clock=clock)
            return await plug.closed_candles(after, now)


@contextmanager
def binance() -> Iterator[Make]:
    data = BinanceData({}, lambda: START)
    with serving(make_binance(data)) as url:
        yield lambda series: AskedOverHttp(url, data, series)


SOURCES: dict[str, Callable[[], AbstractContextManager[Make]]] = {
    "recorded": lambda: nullcontext(RecordedMarketData),
    "binance": binance,
}


@pytest.fixture(scope="module", params=SOURCES.values(), ids=SOURCES)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a source of series."""
    with request.param() as made:
        yield made


def rows(one: CandleSeries) -> list[Candle]:
    columns = attrs.astuple(one, recurse=False)[1:]
    found = zip(*(column.tolist() for column in columns), strict=True)
    return [Candle(one.pair, *row) for row in found]


ALL = {pair: rows(one) for pair, one in MARKET.items()}


def ask(source: MarketData, after: Mapping[str, int], now: int) -> dict[str, list[Candle]]:
    answers = asyncio.run(source.closed_candles(after, now))
    return {
        pair: list(found) for pair, found in answers.items() if not isinstance(found, OutsideError)
    }


def expected(after: Mapping[str, int], now: int) -> dict[str, list[Candle]]:
    return {
        pair: [one for one in ALL[pair] if last < one.open_time <= now - CANDLE]
        for pair, last in after.items()
    }


def test_a_reader_that_goes_tick_by_tick_gets_every_candle_once(make: Make) -> None:
    source = make(MARKET)
    after = dict.fromkeys(COINS.pairs, START - 1)
    read: dict[str, list[Candle]] = {pair: [] for pair in COINS.pairs}
    for tick in range(START, START + (COUNT + 1) * CANDLE, CANDLE):
        for pair, found in ask(source, after, tick).items():
            assert all(one.close_time <= tick for one in found)
            read[pair] += found
            after[pair] = found[-1].open_time if found else after[pair]
    assert read == ALL


offsets = st.integers(-2, COUNT + 2)


@settings(max_examples=80, deadline=None)
@given(
    questions=st.lists(
        st.tuples(st.lists(offsets, min_size=3, max_size=3), offsets, st.integers(-1, 1)),
        max_size=6,
    )
)
def test_any_questions_in_any_order_are_answered_alike(make: Make, questions) -> None:
    source = make(MARKET)
    for lasts, place, off in questions:
        after = {pair: START + last * CANDLE for pair, last in zip(COINS.pairs, lasts, strict=True)}
        now = START + place * CANDLE + off
        assert ask(source, after, now) == expected(after, now)


def test_a_repeated_question_has_the_same_answer(make: Make) -> None:
    source = make(MARKET)
    after = dict.fromkeys(COINS.pairs, START + 99 * CANDLE)
    now = START + 101 * CANDLE
    first = ask(source, after, now)
    assert ask(source, after, now) == first == expected(after, now)


def test_what_the_future_holds_changes_no_answer(make: Make) -> None:
    now = START + 200 * CANDLE
    cut = {pair: one.between(START, now) for pair, one in MARKET.items()}
    after = dict.fromkeys(COINS.pairs, START + 150 * CANDLE)
    assert ask(make(cut), after, now) == ask(make(MARKET), after, now)


def test_candles_are_values_with_plain_numbers(make: Make) -> None:
    (one, *_) = ask(make(MARKET), {"eth_usdt": START - 1}, START + CANDLE)["eth_usdt"]
    assert [type(value) for value in attrs.astuple(one)] == [str, int, *[float] * 5]
