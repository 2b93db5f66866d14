"""The trader in one process: what happens at every 5-minute tick, in this order.

    feeds (every 30 min) -> collect prices -> watch positions -> analyses -> order queue

Backtest, simulation, paper and live drive this same class; they differ in its ports alone.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from adapters.news_feed.lexicon import load_lexicon
from application.errors import Conflict, OutsideError, Retryable
from application.market.collect_market_context import collect_market_context
from application.market.collect_news import collect_news
from application.market.collect_prices import PriceMemory, collect_prices
from application.ports.market_context import MarketContext
from application.ports.news_feed import NewsFeed
from application.ranking import Ranker
from application.reactions import Reactions
from application.read_models import MARKET_CONTEXT, SENTIMENT
from application.scoring.read_sentiment import read_sentiment
from application.scoring.score_forecast import score_forecast
from application.scoring.score_technical import score_technical
from application.strategy.decide_trades import Readings, decide_trades
from application.trading.execute_order import Desk, execute_order
from application.trading.watch_positions import watch_positions
from application.troubles import Troubles, failures_of
from domain.events import PriceCollected
from domain.instant import MINUTE
from entrypoints.wiring.ports import Ports

FEEDS_EVERY = 30 * MINUTE


class Trader:
    """Runs the use cases of one tick and sends what follows from them."""

    def __init__(self, ports: Ports) -> None:
        p = ports.parameters
        self._ports = ports
        self._pairs = ports.instruments.pairs
        self._history = max(p.forecast_candles, p.technical_candles)
        self._memory = PriceMemory()
        self._has_feeds = ports.market_context is not None or ports.news_feed is not None
        self._reactions = Reactions(
            ports.analysis_starter,
            ports.order_queue,
            ports.notifier,
            Ranker(ports.log.tables, ports.instruments, ports.exchange.price),
        )
        self._desk = Desk(
            log=ports.log,
            exchange=ports.exchange,
            clock=ports.clock,
            instruments=ports.instruments,
            policy=ports.policy,
            parameters=p,
        )
        self._troubles = Troubles(ports.notifier)
        self._parts: tuple[tuple[str, Callable[[int], Coroutine[Any, Any, None]]], ...] = (
            ("collecting prices", self._collect),
            ("watching positions", self._watch),
            ("executing orders", self._act),
        )
        self.analyses = 0

    @property
    def reactions(self) -> Reactions:
        """Where what happens is sent."""
        return self._reactions

    @property
    def troubles(self) -> Troubles:
        """What does not work at the moment."""
        return self._troubles

    async def tick(self, at: int) -> None:
        """Everything that is due at a 5-minute boundary (ms)."""
        if at % FEEDS_EVERY == 0 and self._has_feeds:
            await self._feeds(at)
        for name, part in self._parts:
            # not through _step: every tick of a backtest comes through here
            try:
                await part(at)
            except OutsideError as failure:
                await self._failed(name, failure)
            else:
                if self._troubles.told:
                    await self._troubles.worked(name)

    async def _step(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """A part that does not come at every tick."""
        try:
            await work
        except OutsideError as failure:
            await self._failed(name, failure)
        else:
            if self._troubles.told:
                await self._troubles.worked(name)

    async def _failed(self, name: str, failure: OutsideError) -> None:
        """What fails is made up at the next tick, and stops no other part of this one."""
        await self._troubles.failed(name, failure)

    async def _collect(self, at: int) -> None:
        ports = self._ports
        commits = await collect_prices(
            at,
            pairs=self._pairs,
            log=ports.log,
            market_data=ports.market_data,
            policy=ports.policy,
            parameters=ports.parameters,
            history=self._history,
            memory=self._memory,
        )
        # by far the most hold prices alone, of which nobody is told; all else comes after them
        if len(commits) > 1 or (commits and commits[0].events[-1].__class__ is not PriceCollected):
            await self._reactions.to(commits)
            await self._troubles.collected_together("market_data", failures_of(commits))
        elif commits and self._troubles.told:
            await self._troubles.collected_together("market_data", failures_of(commits))

    async def _watch(self, at: int) -> None:
        ports = self._ports
        watched = await watch_positions(
            at,
            log=ports.log,
            exchange=ports.exchange,
            order_queue=ports.order_queue,
            policy=ports.policy,
            parameters=ports.parameters,
        )
        if watched.commits:
            await self._reactions.to(watched.commits)
        if watched.unseen:
            raise Retryable(f"no price of {', '.join(watched.unseen)}")

    async def _act(self, _: int) -> None:
        """The analyses that are due, then the orders."""
        waiting = self._ports.analysis_starter.waiting
        while waiting:
            await self._step("the analysis", self._analyse(*waiting.popleft()))
        queue = self._ports.order_queue
        while (message := await queue.receive()) is not None:
            try:
                commits = await execute_order(message.order, desk=self._desk)
            except Conflict:
                continue  # somebody else works on it; the message comes again if he does not finish
            await self._reactions.to(commits)
            await queue.done(message)

    async def catch_up(self, at: int) -> None:
        """Ask the feeds between their half hours, if what is known is older than that."""
        if self._has_feeds and at % FEEDS_EVERY:
            await self._step("collecting news", self._catch_up(at))

    async def _catch_up(self, at: int) -> None:
        tables = self._ports.log.tables
        mood = await tables.newest(MARKET_CONTEXT, "global", 1)
        news = [await tables.newest(SENTIMENT, pair, 1) for pair in self._pairs]
        newest_news = max((rows[-1].timestamp for rows in news if rows), default=0)
        if at - min(mood[-1].timestamp if mood else 0, newest_news) >= FEEDS_EVERY:
            await self._feeds(at)

    async def _feeds(self, at: int) -> None:
        ports = self._ports
        if ports.market_context is not None:
            await self._step("collecting the market's mood", self._mood(ports.market_context, at))
        if ports.news_feed is not None:
            await self._step("collecting news", self._news(ports.news_feed, at))

    async def _mood(self, market_context: MarketContext, at: int) -> None:
        commits = await collect_market_context(
            at, log=self._ports.log, market_context=market_context
        )
        await self._troubles.collected("market_context", failures_of(commits))

    async def _news(self, news_feed: NewsFeed, at: int) -> None:
        ports = self._ports
        commits = await collect_news(
            at,
            instruments=ports.instruments,
            log=ports.log,
            news_feed=news_feed,
            lexicon=load_lexicon(),
            parameters=ports.parameters,
        )
        await self._troubles.collected("news_feed", failures_of(commits))

    async def _analyse(self, analysis: str, at: int, cause: str) -> None:
        """The components of all pairs, then the decision."""
        ports, p = self._ports, self._ports.parameters
        tables = ports.log.tables
        readings = Readings(
            await score_technical(self._pairs, at, scorer=ports.technical_scorer, parameters=p),
            await score_forecast(
                self._pairs, at, tables=tables, forecaster=ports.forecaster, parameters=p
            ),
            {
                pair: await read_sentiment(pair, at, tables=tables, parameters=p)
                for pair in self._pairs
            },
        )
        self.analyses += 1
        await self._reactions.to(
            await decide_trades(
                analysis,
                at,
                readings,
                cause=cause,
                pairs=self._pairs,
                log=ports.log,
                policy=ports.policy,
                parameters=p,
            )
        )
