"""What every source of the market's mood promises: recordings, and live services over HTTP."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import Patience, reads_client
from adapters.loopback.server import serving
from adapters.market_context.dominance import Dominance
from adapters.market_context.fear_greed import FearGreed
from adapters.market_context.feeds_fake import FeedsData, make_app
from adapters.market_context.funding import FundingRates
from adapters.market_context.live import LiveMarketContext
from adapters.market_context.recorded import RecordedMarketContext
from adapters.table_files.timeline import Timeline
from application.errors import Retryable
from domain.events import MarketContextCollected
from domain.instant import HOUR, parse
from domain.instruments import DEFAULT

NOW = parse("2026-03-01T12:00:00")
SYMBOLS = tuple(one.binance for one in DEFAULT)
NOTHING = MarketContextCollected(None, None, 0, None)
QUICK = Patience(attempts=2, read_s=5.0)


@attrs.frozen
class Known:
    """What the world knows: (value, hours old) of each part."""

    fear_greed: tuple[int, int] | None = None
    rates: Mapping[str, float] = attrs.Factory(dict)
    rates_age_h: int = 0
    dominance: float | None = None


Ask = Callable[[Known], MarketContextCollected]


def ask_recorded(known: Known) -> MarketContextCollected:
    def line(value: float, age_h: float = 0) -> Timeline:
        return Timeline([NOW - round(age_h * HOUR)], [value])

    plug = RecordedMarketContext(
        fear_greed=known.fear_greed and line(*known.fear_greed),
        funding=tuple(line(one, known.rates_age_h) for one in known.rates.values()),
        dominance=None if known.dominance is None else line(known.dominance),
    )
    return asyncio.run(plug.reading(NOW))


@contextmanager
def over_http() -> Iterator[Ask]:
    data = FeedsData()
    with serving(make_app(data)) as url:

        async def ask(known: Known) -> MarketContextCollected:
            clock = SimulatedClock(NOW)
            data.fear_greed = []
            if known.fear_greed is not None:
                value, age_h = known.fear_greed
                data.fear_greed = [(value, (NOW - age_h * HOUR) // 1000)]
            data.rates = {symbol: f"{rate:.8f}" for symbol, rate in known.rates.items()}
            data.funding_time = NOW - known.rates_age_h * HOUR
            data.percentages = {"eth": 12.5}
            if known.dominance is not None:
                data.percentages["btc"] = known.dominance
            data.updated_at = NOW // 1000 - 300
            async with reads_client() as client:
                given = {"client": client, "clock": clock, "url": url, "patience": QUICK}
                plug = LiveMarketContext(
                    FundingRates(DEFAULT, **given), FearGreed(**given), Dominance(**given)
                )
                return await plug.reading(NOW)

        yield lambda known: asyncio.run(ask(known))


@pytest.fixture(scope="module")
def live() -> Iterator[Ask]:
    with over_http() as ask_live:
        yield ask_live


@pytest.fixture(params=["recorded", "live"])
def ask(request: pytest.FixtureRequest, live: Ask) -> Ask:
    return ask_recorded if request.param == "recorded" else live


def all_rates(rate: float) -> dict[str, float]:
    return dict.fromkeys(SYMBOLS, rate)


def test_everything_that_is_known_is_told(ask: Ask) -> None:
    known = Known((47, 12), all_rates(0.0003), dominance=57.25)
    reading = ask(known)
    assert (reading.fear_greed, reading.funding_pairs, reading.btc_dominance) == (47, 6, 57.25)
    assert reading.funding_rate == pytest.approx(0.0003)
    assert [type(one) for one in attrs.astuple(reading)] == [int, float, int, float]


def test_a_part_that_is_missing_is_none_and_the_others_are_there(ask: Ask) -> None:
    rates = all_rates(0.0001)
    assert ask(Known(None, rates, dominance=50.0)).fear_greed is None
    no_rates = ask(Known((20, 1), {}, dominance=50.0))
    assert (no_rates.funding_rate, no_rates.funding_pairs) == (None, 0)
    assert (no_rates.fear_greed, no_rates.btc_dominance) == (20, 50.0)
    assert ask(Known((20, 1), rates)).btc_dominance is None


def test_the_mean_is_over_the_coins_that_have_a_rate(ask: Ask) -> None:
    two = ask(Known(rates={"BTCUSDT": 0.0004, "SOLUSDT": -0.0002}))
    assert (two.funding_rate, two.funding_pairs) == (pytest.approx(0.0001), 2)
    none_moved = ask(Known(rates={"ETHUSDT": 0.0}))
    assert (none_moved.funding_rate, none_moved.funding_pairs) == (0.0, 1)


@pytest.mark.parametrize(("age_h", "counts"), [(0, True), (47, True), (48, True), (49, False)])
def test_fear_and_greed_counts_for_48_hours(ask: Ask, age_h: int, counts: bool) -> None:
    known = Known((14, age_h), all_rates(0.0001))
    assert ask(known).fear_greed == (14 if counts else None)


def test_a_rate_counts_for_9_hours(ask: Ask) -> None:
    assert ask(Known((14, 1), all_rates(0.0001), 9)).funding_pairs == 6
    assert ask(Known((14, 1), all_rates(0.0001), 10)).funding_rate is None


@pytest.mark.parametrize("known", [Known(), Known((14, 72), {}, 0)])
def test_where_nothing_is_known_no_number_comes_up(ask: Ask, known: Known) -> None:
    try:
        reading = ask(known)
    except Retryable as failure:
        said = str(failure)
        assert all(part in said for part in ("fear & greed: ", "funding: ", "dominance: "))
    else:
        assert reading == NOTHING


@settings(max_examples=25, deadline=None)
@given(
    fear_greed=st.none() | st.tuples(st.integers(0, 100), st.integers(0, 100)),
    rates=st.dictionaries(
        st.sampled_from(SYMBOLS), st.integers(-750, 750).map(lambda one: one / 100_000)
    ),
    dominance=st.none() | st.integers(1, 10_000).map(lambda one: one / 100),
)
def test_recorded_and_live_tell_the_same(
    live: Ask, fear_greed: tuple[int, int] | None, rates: dict[str, float], dominance: float | None
) -> None:
    known = Known(fear_greed, rates, 1, dominance)
    recorded = ask_recorded(known)
    if recorded == NOTHING:
        with pytest.raises(Retryable):
            live(known)
    else:
        told = live(known)
        assert told.funding_rate == pytest.approx(recorded.funding_rate, abs=1e-15)
        assert attrs.evolve(told, funding_rate=recorded.funding_rate) == recorded
