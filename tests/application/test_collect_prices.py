"""Closed candles only, each once; one source that fails holds up nobody."""

import attrs
import pytest
import pytest_asyncio

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application import policy
from application.commit import Log
from application.errors import Conflict, Retryable
from application.market.collect_prices import PriceMemory, collect_prices
from application.read_models import PRICES
from domain.events import AnalysisTriggered, Candle, CollectionFailed, PriceCollected
from domain.identity import analysis_id
from domain.instant import CANDLE, HOUR
from domain.parameters import STANDARD
from tests.given.desk import events_of

pytestmark = pytest.mark.asyncio(loop_scope="function")
START = 1_735_689_600_000
PAIRS = ("eth_usdt", "btc_usdt")


class Feed:
    """Flat prices at 100 USDT but for what is scripted by opening time; a pair may be down."""

    def __init__(self) -> None:
        self.closes: dict[tuple[str, int], float] = {}
        self.down: set[str] = set()

    async def closed_candles(self, after, now):
        """Every candle in between."""
        return {
            pair: Retryable(f"{pair} is down")
            if pair in self.down
            else self._between(pair, last, now)
            for pair, last in after.items()
        }

    def _between(self, pair: str, last: int, now: int) -> list[Candle]:
        first = last - last % CANDLE + CANDLE
        return [
            Candle(pair, at, 100.0, 101.0, 99.0, self.closes.get((pair, at), 100.0), 1.0)
            for at in range(first, now - CANDLE + 1, CANDLE)
        ]


class Collector:
    """A log, a feed, and ticks."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.clock = SimulatedClock(START)
        tables = InMemoryReadModels(self.clock)
        self.log = Log(InMemoryEventStore(tables), tables, "test")
        self.memory = PriceMemory()

    async def tick(self, at: int, memory: PriceMemory | None = None):
        self.clock.move_to(at)
        commits = await collect_prices(
            at,
            pairs=PAIRS,
            log=self.log,
            market_data=self.feed,
            policy=policy.STANDARD,
            parameters=STANDARD,
            history=20,
            memory=memory or self.memory,
        )
        return events_of(commits)


@pytest_asyncio.fixture
async def collector() -> Collector:
    """One that has collected its history and triggered the first analysis."""
    made = Collector()
    await made.tick(START)
    return made


async def test_the_first_tick_collects_the_history_and_asks_for_an_analysis():
    made = Collector()
    events = await made.tick(START)
    assert sum(isinstance(one, PriceCollected) for one in events) == 40
    assert (
        max(e.candle.open_time for e in events if isinstance(e, PriceCollected)) == START - CANDLE
    )
    assert events[-1].reason == "first"


async def test_a_tick_collects_one_candle_a_pair(collector):
    events = await collector.tick(START + CANDLE)
    assert [one.candle.pair for one in events] == list(PAIRS)


async def test_the_same_tick_again_changes_nothing(collector):
    await collector.tick(START + CANDLE)
    assert await collector.tick(START + CANDLE) == []
    assert await collector.tick(START + CANDLE, PriceMemory()) == []


async def test_missed_candles_are_made_up_by_the_next_tick(collector):
    events = await collector.tick(START + 4 * CANDLE)
    assert sum(isinstance(one, PriceCollected) for one in events) == 8


async def test_a_source_that_fails_holds_up_nobody_and_is_made_up(collector):
    collector.feed.down.add("eth_usdt")
    collected, failed = await collector.tick(START + CANDLE)
    assert isinstance(failed, CollectionFailed)
    assert failed.source == "market_data/eth_usdt"
    assert collected.candle.pair == "btc_usdt"
    collector.feed.down.clear()
    events = await collector.tick(START + 2 * CANDLE)
    assert [one.candle.pair for one in events].count("eth_usdt") == 2


@pytest.mark.parametrize(("close", "due"), [(100.31, True), (99.69, True), (100.29, False)])
async def test_a_move_of_0_3_percent_within_the_hour_triggers(collector, close, due):
    collector.feed.closes["btc_usdt", START] = close
    events = await collector.tick(START + CANDLE)
    assert isinstance(events[-1], AnalysisTriggered) is due


async def test_an_hour_without_an_analysis_triggers_one(collector):
    for tick in range(START + CANDLE, START + HOUR, CANDLE):
        assert not any(isinstance(e, AnalysisTriggered) for e in await collector.tick(tick))
    assert (await collector.tick(START + HOUR))[-1].reason == "interval"


async def test_a_memory_finds_out_that_somebody_else_has_written(collector):
    await collector.tick(START + CANDLE, PriceMemory())
    events = await collector.tick(START + 2 * CANDLE)
    assert len(events) == 2
    rows = await collector.log.tables.newest(PRICES, "eth_usdt", 100)
    assert len({row.open_time for row in rows}) == len(rows) == 22


async def test_a_candle_is_collected_when_it_has_closed_and_not_before(collector):
    assert await collector.tick(START + CANDLE - 1) == []
    events = await collector.tick(START + CANDLE)
    assert {one.candle.open_time for one in events} == {START}


async def test_no_candle_is_stored_twice_and_none_is_left_out(collector):
    for tick in (1, 2, 2, 5, 6, 6, 9):
        await collector.tick(START + tick * CANDLE, PriceMemory() if tick % 2 else None)
    stored = [
        one.candle.open_time
        for one in events_of(list(collector.log.store.commits))
        if isinstance(one, PriceCollected) and one.candle.pair == "btc_usdt"
    ]
    assert stored == list(range(START - 20 * CANDLE, START + 9 * CANDLE, CANDLE))


async def test_the_trigger_tells_the_move_of_every_pair(collector):
    collector.feed.closes["btc_usdt", START] = 100.5
    trigger = (await collector.tick(START + CANDLE))[-1]
    assert trigger.reason == "moved:btc_usdt"
    assert dict(trigger.moves_pct) == {"eth_usdt": 0.0, "btc_usdt": pytest.approx(0.5)}
    assert trigger.analysis == analysis_id(START + CANDLE)


async def test_the_move_is_measured_from_twelve_candles_before(collector):
    collector.feed.closes["eth_usdt", START] = 100.2
    assert len(await collector.tick(START + CANDLE)) == 2
    for number in range(1, 13):
        collector.feed.closes["eth_usdt", START + number * CANDLE] = 100.45
    due = [
        isinstance((await collector.tick(START + tick * CANDLE))[-1], AnalysisTriggered)
        for tick in range(2, 14)
    ]
    # 0.45 % over 100.0 while that is the close an hour before; then 0.25 % over 100.2
    assert due == [True] * 11 + [False]


async def test_a_pair_whose_newest_candle_is_old_moves_nothing(collector):
    collector.feed.closes["eth_usdt", START] = 105.0
    collector.feed.down.add("eth_usdt")
    events = await collector.tick(START + CANDLE)
    assert [type(one) for one in events] == [PriceCollected, CollectionFailed]
    collector.feed.down.clear()
    collector.feed.closes["eth_usdt", START + CANDLE] = 105.0
    assert (await collector.tick(START + 2 * CANDLE))[-1].reason == "moved:eth_usdt"


async def test_all_sources_down_still_gives_an_analysis_once_an_hour(collector):
    collector.feed.down.update(PAIRS)
    events = await collector.tick(START + HOUR)
    assert [type(one) for one in events] == [CollectionFailed, CollectionFailed, AnalysisTriggered]
    assert events[-1].moves_pct == ()


async def test_a_conflict_leaves_the_memory_unused(collector):
    store = collector.log.store

    class Overtaken:
        """Somebody else collects just before this one appends."""

        async def version(self, stream):
            return await store.version(stream)

        async def append(self, commits, rows=()):
            await collector.tick(START + CANDLE, PriceMemory())
            await store.append(commits, rows)

    overtaken = attrs.evolve(collector.log, store=Overtaken(), writer="late")
    before = collector.log
    with pytest.raises(Conflict):
        await collect_prices(
            START + CANDLE,
            pairs=PAIRS,
            log=overtaken,
            market_data=collector.feed,
            policy=policy.STANDARD,
            parameters=STANDARD,
            history=20,
            memory=collector.memory,
        )
    assert collector.memory.version == -1
    assert collector.log is before
    assert await collector.tick(START + CANDLE) == []
    events = await collector.tick(START + 2 * CANDLE)
    assert [one.candle.open_time for one in events] == [START + CANDLE] * 2


async def test_the_tick_is_the_correlation_and_nothing_its_cause(collector):
    await collector.tick(START + CANDLE)
    newest = list(collector.log.store.commits)[-1]
    assert (newest.stream, newest.correlation) == ("ticks", f"tick/{START + CANDLE}")
    assert (newest.causation, newest.at) == ("", START + CANDLE)
