"""The whole program on a small stage: scripted prices and opinions in, orders out, log judged."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import attrs
import numpy as np

import domain.events as e
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.exchange.simulated.matching import FillAssumptions
from adapters.exchange.simulated.prices import SimulatedPrices
from adapters.exchange.simulated.yen_rate import YenRate
from adapters.market_data.recorded import RecordedMarketData
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.order_queue.in_memory import InMemoryOrderQueue
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.read_models.sqlite import SqliteReadModels
from adapters.sqlite_file import open_log
from application.read_models import POSITIONS, TABLES, TRADES
from application.upkeep.rebuild_read_models import rebuild_read_models
from domain.instant import CANDLE
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.local.trader import Trader
from entrypoints.simulation.faulty_exchange import MoodyExchange
from entrypoints.simulation.findings import Findings
from entrypoints.simulation.hostility import Hostility
from entrypoints.simulation.judge_of_orders import JudgeOfOrders
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers
from tests.given.frozen import TICK_0, FrozenClock, frozen
from tests.given.lines import Line

T = TypeVar("T")
ETH, SOL = "eth_usdt", "sol_usdt"
YEN = 100.0
USDT = 1_000.0
"""What every coin costs as long as nothing is said of it; a dollar is 100 JPY."""
EVERY_TICK = ("analysis_interval_s=300",)


class YenForever:
    """A dollar is always 100 JPY."""

    def factor(self, moment: int) -> float:
        return YenRate.constant(YEN).at(moment)


class Opinions:
    """A technical scorer that says what it is told; 0 otherwise, None is no reading at all."""

    def __init__(self) -> None:
        self.of: dict[str, float | None] = {}

    async def readings(
        self, pairs: Sequence[str], at: int
    ) -> Mapping[str, e.TechnicalReading | None]:
        return {pair: self._reading(self.of.get(pair, 0.0), at) for pair in pairs}

    def _reading(self, score: float | None, at: int) -> e.TechnicalReading | None:
        if score is None:
            return None
        return e.TechnicalReading(
            score, 250, at - CANDLE, USDT, 50.0, 0.0, 0.0, 0.0, 0.0, USDT, None,
            1_015.0, USDT, 985.0, 0.03, 22.0, 1.5, "neutral", 1.0, score, 0.0, 0.0, 0.0,
        )  # fmt: skip


def candles(
    pair: str, closes: Sequence[float], *, before: int, count: int, start: int = TICK_0
) -> CandleSeries:
    """Candles that close at tick 0, 1, 2... at `closes`, the last of which goes on for ever.

    `before` candles at the first of them come earlier. Each opens where the one before closed.
    """
    close = np.full(before + count, closes[-1])
    close[:before] = closes[0]
    close[before : before + len(closes)] = closes
    opened = np.concatenate([close[:1], close[:-1]])
    times = start + (np.arange(-before, count, dtype=np.int64) - 1) * CANDLE
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    return CandleSeries(pair, times, opened, high, low, close, np.full(len(close), 10.0))


class Stage:
    """One account, one market, one log, and a program that may be restarted on them."""

    def __init__(
        self,
        clock: FrozenClock,
        prices: Mapping[str, Sequence[float]],
        *,
        coins: Sequence[str] = ("ETH", "SOL"),
        settings: Sequence[str] = EVERY_TICK,
        terms: FillAssumptions | None = None,
        cash: int = 100_000,
        before: int = 0,
        count: int = 200,
        start: int = TICK_0,
        folder: Path | None = None,
        durable: bool = False,
        **given: Any,
    ) -> None:
        """`given` replaces plugs by name; `folder` keeps the log in a SQLite file there."""
        self.clock = clock
        self.instruments = DEFAULT.only(coins)
        self.parameters = STANDARD.with_settings(settings)
        self.series = {
            pair: candles(pair, prices.get(pair, (USDT,)), before=before, count=count, start=start)
            for pair in self.instruments.pairs
        }
        self.account = MoodyExchange(
            hostility=Hostility(0, {}, clock),
            clock=clock,
            prices=SimulatedPrices(self.series, YenForever()),
            instruments=self.instruments,
            cash=Jpy(Decimal(cash)),
            terms=terms or FillAssumptions(),
        )
        self.exchange = Line(self.account)
        self._log(folder, durable=durable)
        self.store = Line(self.book)
        self.queue = Line(InMemoryOrderQueue(clock))
        self.notifier = Line(InMemoryNotifier())
        self.market_data = Line(RecordedMarketData(self.series))
        self.opinions = Opinions()
        self.given = given
        self.findings = Findings()
        self._judge = JudgeOfOrders(
            self.account, self.instruments, self.parameters, Decimal(cash), self.findings
        )
        self._judged = 0
        self.judging = True
        self.at = start - CANDLE
        self.starts = 0
        self.restart()

    def _log(self, folder: Path | None, *, durable: bool) -> None:
        self.tables: Any
        self.book: Any
        if folder is None:
            self.tables = InMemoryReadModels(self.clock)
            self.book = InMemoryEventStore(self.tables)
            self.close = lambda: None
            return
        file = open_log(folder / "log.sqlite", create=True, durable=durable)
        self.tables = SqliteReadModels(file, self.clock)
        self.book = SqliteEventStore(file, self.clock)
        self.close = file.close

    def restart(self) -> None:
        """The process is gone with all that it had in memory; a new one starts from the log."""
        self.starts += 1
        container = in_memory(
            series=self.series,
            yen=providers.Object(None),
            instruments=self.instruments,
            parameters=self.parameters,
            clock=providers.Object(self.clock),
            tables=providers.Object(self.tables),
            event_store=providers.Object(self.store),
            exchange=providers.Object(self.exchange),
            market_data=providers.Object(self.market_data),
            order_queue=providers.Object(self.queue),
            notifier=providers.Object(self.notifier),
            technical_scorer=providers.Object(self.opinions),
            writer=providers.Object(f"trader-{self.starts}"),
        )
        container.override_providers(
            **{name: providers.Object(plug) for name, plug in self.given.items()}
        )
        self.ports = container.ports()
        self.trader = Trader(self.ports)

    async def history(self, commits: Sequence[e.Commit]) -> None:
        """What the log held before the program came: on it, with its rows, and not judged."""
        for first in range(0, len(commits), 20):
            await self.ports.log.append(*commits[first : first + 20])
        self._judged += len(commits)

    async def ticks(self, count: int = 1, **opinions: float | None) -> None:
        """So many ticks, each judged; `opinions` by coin hold from now on: eth=0.9."""
        self.opinions.of |= {f"{coin}_usdt": score for coin, score in opinions.items()}
        for _ in range(count):
            late = -(-self.clock.now() // CANDLE) * CANDLE
            self.at = max(self.at + CANDLE, late)
            self.clock.move_to(self.at)
            await self.trader.tick(self.at)
            await self.judge()

    async def again(self) -> None:
        """The tick that the clock shows is begun again, by whatever process there is now."""
        await self.trader.tick(self.at)
        await self.judge()

    async def judge(self) -> None:
        """Orders, positions, yen and coins of the log against the exchange's own history."""
        if not self.judging:
            return
        async for position, commit in self.book.read_all(self._judged):
            self._judged = position
            for event in commit.events:
                if isinstance(event, e.OrderEvent | e.PositionEvent):
                    self._judge.see(event, commit.at)
        self._judge.after_tick(self.at)
        assert [str(one) for one in self.findings.violations] == []

    async def judge_the_end(self) -> None:
        """Nothing is under way, forgotten or doubled, and the tables follow from the log."""
        assert self._judge.at_end(self.at) == 0
        assert [str(one) for one in self.findings.violations] == []
        rebuilt = InMemoryReadModels(self.clock)
        await rebuild_read_models(store=self.book, tables=rebuilt)
        for table in TABLES:
            live = await self.tables.everything(table)
            assert list(live) == list(await rebuilt.everything(table)), table.name

    async def events(self, kind: type[T]) -> list[T]:
        """All events of a kind on the log, in order."""
        return [
            event
            async for _, commit in self.book.read_all()
            for event in commit.events
            if isinstance(event, kind)
        ]

    async def kinds(self, stream: str) -> list[str]:
        """The names of the events of all streams that begin like this, in order."""
        return [
            type(event).__name__
            async for _, commit in self.book.read_all()
            if commit.stream.startswith(stream)
            for event in commit.events
        ]

    async def open(self) -> dict[str, Decimal]:
        """Coins of open positions by pair; a pair has at most one."""
        rows = await self.tables.flagged(POSITIONS)
        assert len({row.pair for row in rows}) == len(rows)
        return {row.pair: row.open.quantity for row in rows}

    async def trades(self, pair: str = ETH) -> list[Any]:
        """Finished orders of a pair that filled."""
        return list(await self.tables.since(TRADES, pair, 0))

    async def signals(self, pair: str = ETH) -> list[e.SignalScored]:
        """The signals of a pair, one of each analysis."""
        return [one for one in await self.events(e.SignalScored) if one.pair == pair]

    @property
    def placed(self) -> list[Any]:
        """Orders on the exchange's book, whoever placed them."""
        return list(self.account.history.values())

    @property
    def sent(self) -> list[Any]:
        """What the exchange was asked to trade through the program's own line."""
        return [one.order for one in self.placed if one.nonce]

    @property
    def said(self) -> list[str]:
        """What a human was told."""
        return list(self.notifier.port.said)

    def held(self, pair: str = ETH) -> Decimal:
        """Coins that the exchange says are there."""
        return self.account.holdings()[1].get(pair, Decimal(0))


@contextmanager
def stage(
    prices: Mapping[str, Sequence[float]] | None = None,
    *,
    start: int = TICK_0,
    zone_h: int = 0,
    **given: Any,
) -> Iterator[Stage]:
    """A stage at tick 0 on a frozen wall clock."""
    with frozen(start, zone_h) as clock:
        it = Stage(clock, prices or {}, start=start, **given)
        try:
            yield it
        finally:
            it.close()


def jpy(amount: Decimal | float) -> Jpy:
    """Yen."""
    return Jpy(Decimal(str(amount)))


def bump(fill: Any, factor: Decimal) -> Any:
    """The same fill at another price."""
    return attrs.evolve(fill, price=fill.price * factor, funds=fill.funds * factor)
