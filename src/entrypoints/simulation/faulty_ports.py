"""Everything but the exchange, seen through bad lines: log, queue, feeds, notifier, clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from adapters.wire_format.decode import decode_events
from adapters.wire_format.encode import encode_events
from application.errors import Conflict, OutsideError, Retryable
from domain import events as e
from domain.instant import CANDLE, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from adapters.analysis_starter.in_process import InProcessStarter
    from adapters.clock.simulated import SimulatedClock
    from application import messages
    from application.ports.event_store import EventStore
    from application.ports.market_context import MarketContext
    from application.ports.market_data import MarketData
    from application.ports.news_feed import News, NewsFeed
    from application.ports.notifier import Notifier
    from application.ports.order_queue import Message, OrderQueue
    from application.ports.read_models import Row
    from entrypoints.simulation.hostility import Hostility

_APPENDS: dict[type, str] = {
    e.OrderSubmitting: "log sending",
    e.OrderPlaced: "log answer",
    e.OrderRefused: "log answer",
    e.OrderInDoubt: "log answer",
    e.OrderLooked: "log doubt",
    e.OrderAdopted: "log doubt",
    e.OrderProvenAbsent: "log doubt",
    e.OrderQuarantined: "log doubt",
    e.OrderFillReceived: "log booking",
    e.OrderFilled: "log booking",
    e.OrderExpired: "log booking",
}


def step_of(commits: Sequence[e.Commit]) -> str:
    """Which step of a tick an append belongs to."""
    stream, first = commits[0].stream, commits[0].events[0]
    if stream == "ticks":
        return "log prices"
    if stream.startswith("feeds/"):
        return "log feeds"
    if stream.startswith("analysis/"):
        return "log decision"
    return _APPENDS.get(type(first), "log exit")


def _of_old_release(events: Sequence[e.Event]) -> tuple[e.Event, ...]:
    """Events as the release before wrote them, read by this one."""
    written = json.loads(encode_events(events))
    for one in written:
        if one["type"] == "OrderSubmitting":
            one["schema"] = 2
            del one["data"]["sent_at"]
    return decode_events(json.dumps(written).encode())


class FaultyStore:
    """The log behind a line: a write may be refused, or done without an acknowledgement.

    What the release before wrote (`is_old`) is in its own schemas and lifted when it is read.
    """

    def __init__(self, store: EventStore, hostility: Hostility, *, is_old: bool) -> None:
        self._store = store
        self._hostility = hostility
        self._is_old = is_old

    async def append(self, commits: Sequence[e.Commit], rows: Sequence[Row] = ()) -> None:
        """Append, unless refused; perhaps without ever saying so."""
        step = step_of(commits)
        self._hostility.die("before", step)
        if self._hostility.strikes("write-refused", step):
            raise Conflict("somebody else was first")
        if self._is_old and step == "log sending":
            commits = [attrs.evolve(one, events=_of_old_release(one.events)) for one in commits]
        await self._store.append(commits, rows)
        self._hostility.die("after", step)
        if self._hostility.strikes("write-unacknowledged", step):
            raise Retryable("the log does not answer")

    async def version(self, stream: str) -> int:
        """As the log has it."""
        return await self._store.version(stream)

    async def read(
        self, stream: str, after_version: int = 0, through: int | None = None
    ) -> Sequence[e.Commit]:
        """As the log has it."""
        return await self._store.read(stream, after_version, through)

    def place_of(self, at: int) -> int:
        """As the log has it."""
        return self._store.place_of(at)

    def read_all(self, after: int = 0) -> AsyncIterator[tuple[int, e.Commit]]:
        """As the log has it."""
        return self._store.read_all(after)

    def follow(self, after: int = 0) -> AsyncIterator[tuple[int, e.Commit]]:
        """As the log has it."""
        return self._store.follow(after)


class FaultyQueue:
    """Messages come twice, late, out of order, or not at all."""

    def __init__(self, queue: OrderQueue, hostility: Hostility, clock: SimulatedClock) -> None:
        self._queue = queue
        self._hostility = hostility
        self._clock = clock
        self._late: list[tuple[int, str]] = []
        self._swapped: str | None = None

    async def send(self, order: str) -> None:
        """Enqueue, perhaps later or behind the next one, or lose it."""
        strikes = self._hostility.strikes
        self._hostility.die("before", "enqueue")
        self._hostility.fail("enqueue", "queue")
        if strikes("message-lost", "enqueue"):
            return
        if strikes("message-late", "enqueue"):
            minutes = self._hostility.chance("message-late").randint(1, 15)
            self._late.append((self._clock.now() + minutes * MINUTE, order))
            return
        if self._swapped is None and strikes("message-swapped", "enqueue"):
            self._swapped = order
            return
        await self._queue.send(order)
        if self._swapped is not None:
            held, self._swapped = self._swapped, None
            await self._queue.send(held)
        self._hostility.die("after", "enqueue")

    async def receive(self) -> Message | None:
        """The next message."""
        now = self._clock.now()
        for due in [one for one in self._late if one[0] <= now]:
            self._late.remove(due)
            await self._queue.send(due[1])
        return await self._hostility.call("receive", "queue", self._queue.receive)

    async def done(self, message: Message) -> None:
        """Finish it; it may come once more all the same."""
        await self._hostility.call("finish", "queue", lambda: self._queue.done(message))
        if self._hostility.strikes("message-twice", "finish"):
            await self._queue.send(message.order)

    async def dead(self) -> Sequence[str]:
        """Dead letters."""
        return await self._queue.dead()


class FaultyMarketData:
    """Candles come late, twice, still forming, or never."""

    def __init__(self, source: MarketData, hostility: Hostility) -> None:
        self._source = source
        self._hostility = hostility
        self._never: set[tuple[str, int]] = set()

    async def closed_candles(
        self, after: Mapping[str, int], now: int
    ) -> Mapping[str, Sequence[e.Candle] | OutsideError]:
        """Candles of each pair, or what went wrong with it."""
        hostility = self._hostility
        hostility.die("before", "candles")
        # one more candle than is closed: what a careless source would serve
        answers = await self._source.closed_candles(after, now + CANDLE)
        found: dict[str, Sequence[e.Candle] | OutsideError] = {}
        for pair, answer in answers.items():
            try:
                hostility.fail("candles", "candles")
            except OutsideError as failure:
                found[pair] = failure
                continue
            found[pair] = answer if isinstance(answer, OutsideError) else self._served(answer, now)
        hostility.die("after", "candles")
        return found

    def _served(self, candles: Sequence[e.Candle], now: int) -> list[e.Candle]:
        strikes = self._hostility.strikes
        served = [one for one in candles if one.open_time + CANDLE <= now]
        forming = [one for one in candles if one.open_time + CANDLE > now]
        if served and strikes("candle-gap", "candles"):
            self._never.add((served[-1].pair, served[-1].open_time))
        served = [one for one in served if (one.pair, one.open_time) not in self._never]
        if served and strikes("candle-late", "candles"):
            served.pop()
        if served and strikes("candle-twice", "candles"):
            served.append(served[-1])
        if forming and strikes("candle-forming", "candles"):
            half = attrs.evolve(forming[0], close=forming[0].open, volume=0.0)
            served.append(half)
        return served


_PARTS: tuple[dict[str, Any], ...] = (
    {"fear_greed": None},
    {"funding_rate": None, "funding_pairs": 0},
    {"btc_dominance": None},
)


class FaultyFeeds:
    """The market's mood and the news over bad lines."""

    def __init__(self, mood: MarketContext, news: NewsFeed, hostility: Hostility) -> None:
        self._mood = mood
        self._news = news
        self._hostility = hostility

    @property
    def failures(self) -> Mapping[str, str]:
        """As the feed behind it says."""
        return self._mood.failures

    async def reading(self, now: int) -> e.MarketContextCollected:
        """The mood; a part of it may be missing."""
        found = await self._hostility.call("mood", "feeds", lambda: self._mood.reading(now))
        if self._hostility.strikes("feed-part-missing", "mood"):
            part = self._hostility.chance("feed-part-missing").choice(_PARTS)
            return attrs.evolve(found, **part)
        return found

    async def articles(self, now: int, budget: int | None = None) -> News:
        """The news."""
        return await self._hostility.call("news", "feeds", lambda: self._news.articles(now, budget))


class FaultyNotifier:
    """A human who cannot always be reached."""

    def __init__(self, notifier: Notifier, hostility: Hostility) -> None:
        self._notifier = notifier
        self._hostility = hostility
        self.wants_routine = notifier.wants_routine
        self.tried: list[messages.Message] = []
        """What was to be told, arrived or not."""

    async def tell(self, message: messages.Message) -> None:
        """Say it, or fail."""
        self.tried.append(message)
        self._hostility.die("before", "tell")
        self._hostility.fail("tell", "notifier")
        if self._hostility.strikes("notifier-fails", "tell"):
            raise Retryable("the webhook answers 500")
        await self._notifier.tell(message)
        self._hostility.die("after", "tell")


class FaultyStarter:
    """Analyses that do not start."""

    def __init__(self, starter: InProcessStarter, hostility: Hostility) -> None:
        self._starter = starter
        self._hostility = hostility
        self.waiting = starter.waiting

    async def start(self, analysis: str, at: int, cause: str) -> None:
        """Start it, or fail."""
        await self._hostility.call(
            "start", "starter", lambda: self._starter.start(analysis, at, cause)
        )


class SkewedClock:
    """Our clock beside the true one: off by up to 5 s, and sometimes set anew."""

    def __init__(self, true: SimulatedClock, hostility: Hostility) -> None:
        self._true = true
        self._hostility = hostility
        self._off = 0

    def maybe_step(self) -> None:
        """Once a tick: the time service may set the clock."""
        if self._hostility.strikes("clock-step", "tick"):
            self._off = self._hostility.chance("clock-step").randint(-5 * SECOND, 5 * SECOND)

    def now(self) -> int:
        """The time as we have it (ms)."""
        return self._true.now() + self._off

    async def sleep(self, seconds: float) -> None:
        """Wait in true time."""
        await self._true.sleep(seconds)
