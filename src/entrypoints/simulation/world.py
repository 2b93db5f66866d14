"""One simulated world: its market, feeds and exchange, and the program wired into it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import attrs
import numpy as np

from adapters.analysis_starter.in_process import InProcessStarter
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.exchange.simulated.matching import FillAssumptions
from adapters.exchange.simulated.prices import SimulatedPrices
from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, drifting_premium
from adapters.market_context.recorded import RecordedMarketContext
from adapters.market_data.closed_only import ClosedOnly
from adapters.market_data.recorded import RecordedMarketData
from adapters.market_data.synthetic import synthetic_market
from adapters.news_feed.recorded import RecordedNews
from adapters.order_queue.in_memory import InMemoryOrderQueue
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.table_files.timeline import Timeline
from adapters.technical_scorer.batched import BatchedScorer
from application import policy as policies
from domain.instant import CANDLE, DAY, HOUR
from domain.instruments import Instruments
from domain.market.article import Article, Votes
from domain.money import Jpy
from domain.parameters import StrategyParameters
from entrypoints.simulation.busy_policy import BUSY
from entrypoints.simulation.faulty_exchange import FaultyExchange, MoodyExchange
from entrypoints.simulation.faulty_ports import (
    FaultyFeeds,
    FaultyMarketData,
    FaultyNotifier,
    FaultyQueue,
    FaultyStarter,
    FaultyStore,
    SkewedClock,
)
from entrypoints.simulation.quick_scorer import QuickScorer
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.messages import Message
    from domain.market.candle_series import CandleSeries
    from entrypoints.simulation.hostility import Hostility
    from entrypoints.wiring.environment import Environment

USDJPY = 150.0
SETTLING = 5
"""Quiet ticks at the end, in which everything has to settle."""
GAPS_A_DAY = 3
"""Gaps of a coin a day where they come at their worst rate."""
WILD = 0.01
"""Where gaps are torn the market is wild besides: each candle moves by up to so much more."""
FALLS = 0.7
"""The share of gaps that go down."""
AFTER = 4
"""Candles after the last tick, for its orders to be filled at."""


@attrs.frozen(kw_only=True)
class Plan:
    """What to simulate: a market of `days` from `seed`, traded by the owner's or a busy policy.

    Through the handlers each part of a tick is a function of the cloud, called with its event.
    """

    seed: int
    days: float
    instruments: Instruments
    parameters: StrategyParameters
    cash: Jpy
    is_busy: bool = False
    parts: int = 2
    price_gap: float = 0.0
    is_through_handlers: bool = False


class Surroundings:
    """What a plan's seed makes and no run changes: market, mood and news."""

    def __init__(self, plan: Plan) -> None:
        self.warm_up = max(plan.parameters.technical_candles, plan.parameters.forecast_candles)
        self.series, self.gaps = _market(plan, self.warm_up)
        self.start = min(int(one.open_time[0]) for one in self.series.values())
        self.end = max(int(one.open_time[-1]) for one in self.series.values()) + CANDLE
        self.prices = SimulatedPrices(
            self.series, YenPrice(YenRate.constant(USDJPY), drifting_premium(plan.seed))
        )
        self.scorer = BatchedScorer(self.series, plan.parameters)
        self.mood = _mood(plan, self.start, self.end)
        self.articles = _articles(plan, self.start, self.end)
        self.news = RecordedNews(self.articles)


class World:
    """Everything that outlives a crash of the program: log, exchange, market, true time."""

    def __init__(
        self,
        plan: Plan,
        hostility_of: Callable[[SimulatedClock], Hostility],
        surroundings: Surroundings | None = None,
    ) -> None:
        around = surroundings or Surroundings(plan)
        warm_up = around.warm_up
        self.plan = plan
        self.series, gaps = around.series, around.gaps
        self.start = around.start + (warm_up + 1) * CANDLE
        self.end = around.end
        self.clock = SimulatedClock(self.start)
        self.hostility = hostility_of(self.clock)
        if gaps:
            self.hostility.struck["price-gap", "tick"] += gaps
        self.our_clock = SkewedClock(self.clock, self.hostility)
        self.tables = InMemoryReadModels(self.our_clock)
        self.store = InMemoryEventStore(self.tables)
        self.prices = around.prices
        self.exchange = MoodyExchange(
            hostility=self.hostility,
            clock=self.clock,
            prices=self.prices,
            instruments=plan.instruments,
            cash=plan.cash,
            terms=FillAssumptions(parts=plan.parts),
        )
        self.queue = InMemoryOrderQueue(self.clock)
        self._scorer = QuickScorer(around.scorer, self.series, self.tables, plan.parameters)
        self._mood = around.mood
        self._news = around.news
        self.restarts = 0
        self.said: list[list[Message]] = []
        """What each program had to tell its owner."""
        self.is_old = True
        """Until the first deploy the release before is running."""

    def program(self) -> Environment:
        """A freshly started program: nothing in memory, all plugs seen through bad lines."""
        hostility, plan = self.hostility, self.plan
        self.restarts += 1
        feeds = FaultyFeeds(self._mood, self._news, hostility)
        source = ClosedOnly(FaultyMarketData(RecordedMarketData(self.series), hostility))
        container = in_memory(
            series=self.series,
            yen=providers.Object(None),
            instruments=plan.instruments,
            parameters=plan.parameters,
            policy=providers.Object(BUSY if plan.is_busy else policies.STANDARD),
            clock=providers.Object(self.our_clock),
            tables=providers.Object(self.tables),
            event_store=providers.Object(FaultyStore(self.store, hostility, is_old=self.is_old)),
            exchange=providers.Object(FaultyExchange(self.exchange, hostility, self.clock)),
            market_data=providers.Object(source),
            market_context=providers.Object(feeds),
            news_feed=providers.Object(feeds),
            order_queue=providers.Object(FaultyQueue(self.queue, hostility, self.clock)),
            writer=providers.Object(f"trader-{self.restarts}"),
        )
        notifier = FaultyNotifier(container.notifier(), hostility)
        self.said.append(notifier.tried)
        container.override_providers(
            analysis_starter=providers.Object(FaultyStarter(InProcessStarter(), hostility)),
            notifier=providers.Object(notifier),
            technical_scorer=providers.Object(self._scorer),
        )
        return container


def _market(plan: Plan, warm_up: int) -> tuple[dict[str, CandleSeries], int]:
    """Candles by pair, and the number of gaps that were torn into them."""
    days = plan.days + (warm_up + SETTLING + AFTER) * CANDLE / DAY
    series = synthetic_market(plan.seed, days, plan.instruments)
    if not plan.price_gap:
        return series, 0
    chance = _chance(plan, "price-gap")
    gapped = {pair: _gapped(one, warm_up, chance, plan.price_gap) for pair, one in series.items()}
    return {pair: one for pair, (one, _) in gapped.items()}, sum(n for _, n in gapped.values())


def _gapped(
    series: CandleSeries, warm_up: int, chance: random.Random, rate: float
) -> tuple[CandleSeries, int]:
    """Prices fall by up to a half between two ticks, or rise, and stay there; how often."""
    factors = np.ones(len(series.open_time))
    gaps = 0
    for at in range(warm_up, len(factors)):
        factors[at:] *= 1 + WILD * (2 * chance.random() - 1)
        if chance.random() < GAPS_A_DAY * rate * CANDLE / DAY:
            size = chance.random()
            factors[at:] *= 1 - 0.5 * size if chance.random() < FALLS else 1 + 0.4 * size
            gaps += 1
    changed = {name: getattr(series, name) * factors for name in ("open", "high", "low", "close")}
    return attrs.evolve(series, **changed), gaps


def _chance(plan: Plan, name: str) -> random.Random:
    return random.Random(f"{plan.seed}/{name}")  # noqa: S311 - chance, not secrecy


def _steps(first: int, last: int, every: int) -> list[int]:
    return list(range(first - first % every - every, last + every, every))


def _mood(plan: Plan, start: int, end: int) -> RecordedMarketContext:
    """A mood that swings from extreme fear to extreme greed."""
    chance = _chance(plan, "mood")
    days, eights = _steps(start, end, DAY), _steps(start, end, 8 * HOUR)
    return RecordedMarketContext(
        fear_greed=Timeline(days, [float(chance.randint(5, 95)) for _ in days]),
        funding=tuple(
            Timeline(eights, [round(chance.uniform(-0.0003, 0.0006), 8) for _ in eights])
            for _ in plan.instruments
        ),
        dominance=Timeline(days, [round(chance.uniform(48, 62), 2) for _ in days]),
    )


_TITLES = ("{} rallies on ETF approval", "{} crashes after hack", "{} steady before the Fed")


def _articles(plan: Plan, start: int, end: int) -> list[Article]:
    """An article every other hour or so."""
    chance = _chance(plan, "news")
    articles = []
    for number, hour in enumerate(_steps(start - DAY, end, 2 * HOUR)):
        coin = chance.choice(list(plan.instruments))
        at = hour + chance.randint(0, HOUR)
        title = chance.choice(_TITLES).format(coin.name)
        votes = Votes(positive=chance.randint(0, 9), negative=chance.randint(0, 9))
        articles.append(Article(str(number), title, at, at, (coin.news,), votes))
    return articles
