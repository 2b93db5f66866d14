"""Each feed fails for a day, alone and in pairs: what is there decides, and two alerts tell of it.

The plugs read fakes over real sockets; the rest of the program is in memory on a simulated clock.
A slow service makes the test wait for real, so it is slow for three hours only.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import combinations

import attrs
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import Patience
from adapters.technical_scorer.windowed import WindowedScorer
from application.messages import AllClear, Trouble
from domain import events as e
from domain.instant import CANDLE, DAY, HOUR
from entrypoints.fakes.services import FakeMarket, FakeServices, fake_services
from entrypoints.local.schedule import keep_ticking
from entrypoints.local.steady import SteadyTrader
from entrypoints.wiring.at_home import Haste, Wires
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers
from entrypoints.wiring.settings import General, Settings


class Once(Haste):
    """Asks once, and waits for an answer as long as a busy machine may take to give one."""

    patience = Patience(connect_s=20.0, read_s=20.0, call_s=40.0, attempts=1)


class Hurry(Haste):
    """Asks once, and does not wait long for what never comes."""

    patience = Patience(connect_s=5.0, read_s=0.4, call_s=5.0, attempts=1)


SHORT = {"technical_candles": 60, "forecast_candles": 60, "sma_long": 50}
AFTER = 150 * 60_000
"""Every feed is asked again, and an analysis made, within this time (ms)."""


class SharedClock(SimulatedClock):
    """One that the fakes go on reading while each case begins anew."""

    def begin(self, start: int) -> None:
        self._now = start


@attrs.frozen
class Fault:
    """A fault of a fake's point, and what a human is told to fail; None: nothing does."""

    services: tuple[str, ...]
    name: str
    told: str | None
    missing: str | None
    """The component that is absent when it has lasted long enough."""

    @property
    def lasts(self) -> int:
        """How long (ms)."""
        return 3 * HOUR if self.name == "slow" else DAY

    def __str__(self) -> str:
        return f"{self.services[0]}-{self.name}"


def faults() -> Iterator[Fault]:
    prices = ("binance", "binance-2")
    for name in ("503", "html", "wrong-types", "truncated", "slow", "451"):
        yield Fault(prices, name, "market_data", "technical")
    yield Fault(prices, "stale", "market_data", "technical")
    yield Fault(("binance",), "503", None, None)  # the other host answers
    yield Fault(prices, "doubled", None, None)
    yield Fault(prices, "unsorted", None, None)
    for name in ("503", "html", "wrong-types", "slow", "stale", "missing"):
        yield Fault(("fear-greed",), name, "market_context/fear & greed", None)
        yield Fault(("dominance",), name, "market_context/dominance", None)
        yield Fault(("funding",), name, "market_context/funding", None)
    for name in ("502", "html", "wrong-types", "slow", "cloudflare"):
        yield Fault(("news",), name, "news_feed", "sentiment")
    yield Fault(("news",), "null", None, None)  # what may be missing is missing


ALL = tuple(faults())
LONG = [one for one in ALL if one.told is not None and one.name != "slow"]
PAIRS = [
    (one, other)
    for one, other in combinations([*LONG[::5], *LONG[2::7]], 2)
    if not set(one.services) & set(other.services)
][::4]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[tuple[FakeServices, SharedClock]]:
    general = General(folder=tmp_path_factory.mktemp("feeds"), coins=("BTC",))
    settings = Settings(_env_file=None, general=general, strategy=SHORT)
    market = FakeMarket(settings, seed=1)
    clock = SharedClock(market.first)
    with fake_services(settings, market, clock=clock, seed=1, is_calm=True) as services:
        yield services, clock


async def live(world: tuple[FakeServices, SharedClock], struck: tuple[Fault, ...]):
    """A calm hour, a day of faults, and time to recover: (notifier's messages, events)."""
    services, clock = world
    start = services.market.first + CANDLE
    begins = start + HOUR
    ends = begins + min(fault.lasts for fault in struck)
    clock.begin(start)
    switches = services.weather.services
    async with AsyncExitStack() as stack:
        is_slow = any(fault.name == "slow" for fault in struck)
        wires = Wires(services.settings, stack, clock, Hurry() if is_slow else Once())
        container = in_memory(
            series=providers.Object({}),
            prices=providers.Object(services.market.prices),
            yen=providers.Object(None),
            instruments=services.settings.instruments,
            parameters=services.settings.parameters,
            clock=providers.Object(clock),
            market_data=providers.Object(await wires.prices()),
            market_context=providers.Object(await wires.mood()),
            news_feed=providers.Object(await wires.news()),
        )
        container.override_providers(
            technical_scorer=providers.Singleton(
                WindowedScorer, container.tables, container.parameters
            )
        )
        trader = SteadyTrader(container.ports())

        class Ticking:
            async def tick(self, at: int) -> None:
                if at == begins:
                    for fault in struck:
                        for name in fault.services:
                            switches[name].begin(fault.name)
                elif at == ends:
                    for fault in struck:
                        for name in fault.services:
                            switches[name].end()
                await trader.tick(at)

        await keep_ticking(
            Ticking(), clock=clock, stop=asyncio.Event(), heart=trader.heart(), until=ends + AFTER
        )
        assert trader.errors == 0
        events = [
            (commit.at, event)
            async for _, commit in container.event_store().read_all()
            for event in commit.events
        ]
        return container.notifier().messages, events, (begins, ends)


def judge(messages, events, span: tuple[int, int], struck: tuple[Fault, ...]) -> None:
    begins, ends = span
    told = [one for one in messages if isinstance(one, Trouble | AllClear)]
    for fault in struck:
        if fault.told is not None:
            mine = [type(one) for one in told if one.name == fault.told]
            assert mine == [Trouble, AllClear], f"{fault}: {told}"
    expected = {fault.told for fault in struck}
    assert {one.name for one in told} <= expected, told
    signals = [(at, event) for at, event in events if isinstance(event, e.SignalScored)]
    late = [event for at, event in signals if begins + 4 * HOUR < at <= ends]
    is_long = ends - begins == DAY
    absent = {fault.missing for fault in struck} - {None}
    if is_long and "technical" not in absent:
        assert len(late) > 20, "it goes on deciding"
    for signal in late:
        for component in ("technical", "sentiment"):
            is_there = getattr(signal.components, component) is not None
            assert is_there is (component not in absent), (component, signal)
    after = [event for at, event in signals if at > ends + HOUR]
    assert after
    assert all(one.components.sentiment is not None for one in after)


@pytest.mark.parametrize("fault", ALL, ids=str)
def test_a_feed_fails_for_a_day(world, fault: Fault) -> None:
    judge(*asyncio.run(live(world, (fault,))), (fault,))


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=str)
def test_two_feeds_fail_for_a_day(world, one: Fault, other: Fault) -> None:
    judge(*asyncio.run(live(world, (one, other))), (one, other))
