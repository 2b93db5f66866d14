"""What other parameters would have made of the same inputs, in JPY, and how sure that is.

Both sides are the whole trader in memory on the log's own prices, news, mood and forecasts as they
arrived, analysed when the log was, filled under the same assumptions. Real fills are on neither
side: what is compared are the parameters, not the luck of the orders.
"""

from __future__ import annotations

import asyncio
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from adapters.exchange.simulated.matching import FillAssumptions
from application import policy
from application.errors import ConfigurationError, InputError
from application.scoring.read_sentiment import read_sentiment
from application.scoring.score_forecast import score_forecast
from application.scoring.score_technical import score_technical
from application.strategy.decide_trades import Readings, decide_trades
from domain import events as e
from domain.instant import CANDLE, DAY
from domain.instruments import DEFAULT
from domain.money import Jpy
from entrypoints.counterfactual.bootstrap import Interval, total_interval
from entrypoints.counterfactual.recorded_inputs import MOMENTUM, ArrivedMarketData, RecordedInputs
from entrypoints.local.trader import Trader
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.exchange.simulated.prices import YenFactor
    from application.ports.event_store import EventStore
    from domain.parameters import StrategyParameters
    from entrypoints.wiring.environment import Environment
    from entrypoints.wiring.ports import Ports

CASH: Final = Jpy(Decimal(100_000))
"""What both sides begin with where the log does not tell."""
AS_RECORDED: Final = ("volatility_threshold_pct", "analysis_interval_s")
PREFIXES: Final = ("forecast_", "news_")
"""What these did is in the inputs already: when it was analysed, what model and news were worth."""
COMPONENTS: Final = ("technical", "forecast", "sentiment", "market")
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "technical": ("confidence_shift=0",),
    "forecast": ("confidence_shift=0",),
    "sentiment": (),
    "market": ("dominance_adjustment=0", "fear_factor=1", "greed_factor=1"),
}
"""What a component moves besides its own weight."""


@attrs.frozen(kw_only=True)
class Side:
    """One run: equity in JPY at the end of each day (UTC), and what was traded."""

    days: tuple[int, ...]
    equity: tuple[float, ...]
    orders: int
    trades: int
    decisions: Mapping[str, tuple[str, ...]]

    @property
    def gain(self) -> float:
        """Over the whole run (JPY)."""
        return self.equity[-1] - self.equity[0]


@attrs.frozen(kw_only=True)
class Compared:
    """Both sides, the difference of their gains (JPY), and its 95 % interval if there is one."""

    base: Side
    other: Side
    difference: float
    interval: Interval | None
    decided_otherwise: int
    yen: str


def changed(
    base: StrategyParameters, settings: Sequence[str], without: Sequence[str]
) -> StrategyParameters:
    """The parameters of the other side. Raises ConfigurationError for one that has no effect."""
    for text in settings:
        name = text.partition("=")[0].strip()
        if name in AS_RECORDED or name.startswith(PREFIXES):
            raise ConfigurationError(
                f"--set {text}: the log's inputs were made with it and it is not applied to them "
                "again; run a backtest instead"
            )
    p = base.with_settings(settings)
    for one in without:
        p = without_component(p, one)
    return p


def without_component(p: StrategyParameters, name: str) -> StrategyParameters:
    """A component's weight goes to the others in proportion, and what else it moves is off."""
    weights = {one: getattr(p, f"weight_{one}") for one in COMPONENTS}
    rest = 1.0 - weights.pop(name)
    if rest <= 0.0:
        raise ConfigurationError(f"--without {name}: there is no other component with a weight")
    shared = {one: weight / rest for one, weight in weights.items()}
    last = next(one for one in reversed(COMPONENTS) if shared.get(one))
    shared[last] = 1.0 - sum(weight for one, weight in shared.items() if one != last)
    moved = [f"weight_{one}={weight!r}" for one, weight in shared.items()]
    return p.with_settings([f"weight_{name}=0", *moved, *_ALSO[name]])


class ImpliedYen:
    """Yen for a USDT as the log's own orders were quoted, on a straight line between two of them.

    A step at each order would be a jump of all prices in yen, and set off stops. No score knows
    the rate, so what the line says of the next order decides nothing beforehand.
    """

    def __init__(self, quotes: Sequence[tuple[int, float]]) -> None:
        ordered = sorted(quotes)
        self._times = [at for at, _ in ordered]
        self._rates = [rate for _, rate in ordered]

    def factor(self, moment: int) -> float:
        """The rate at a moment (ms); before the first quote that one's, after the last that."""
        return float(np.interp(moment, self._times, self._rates))


def yen_of(inputs: RecordedInputs, usdjpy: str | None) -> tuple[YenFactor, str]:
    """The rate of both sides, and where it is from. Raises InputError without any."""
    if usdjpy is not None:
        from adapters.exchange.simulated.yen_rate import YenPrice, load_premium, load_usdjpy

        return YenPrice(load_usdjpy(usdjpy), load_premium("0")), f"--usdjpy {usdjpy}"
    if not inputs.quotes:
        raise InputError("no order on the log tells what a dollar was in yen: give --usdjpy")
    return ImpliedYen(inputs.quotes), f"quotes of {len(inputs.quotes):,} orders on the log"


def compare(
    inputs: RecordedInputs,
    base: StrategyParameters,
    other: StrategyParameters,
    *,
    usdjpy: str | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Compared:
    """Run both sides, one after the other. Raises InputError for a log that lacks what it takes."""
    yen, words = yen_of(inputs, usdjpy)
    told("as it was")
    first = asyncio.run(_side(inputs, base, yen))
    told("as it might have been")
    second = asyncio.run(_side(inputs, other, yen))
    daily = np.diff(second.equity) - np.diff(first.equity)
    return Compared(
        base=first,
        other=second,
        difference=second.gain - first.gain,
        interval=total_interval(daily),
        decided_otherwise=sum(
            second.decisions.get(name) != trades for name, trades in first.decisions.items()
        ),
        yen=words,
    )


class _ReplayTrader(Trader):
    """Takes the model's readings from the log; momentum is reckoned again."""

    def __init__(self, ports: Ports, inputs: RecordedInputs) -> None:
        super().__init__(ports)
        self._inputs = inputs

    async def _analyse(self, analysis: str, at: int, cause: str) -> None:
        ports, p = self._ports, self._ports.parameters
        tables, pairs = ports.log.tables, self._pairs
        forecasts = await score_forecast(pairs, at, tables=tables, forecaster=None, parameters=p)
        for pair, given in self._inputs.analyses[at].forecasts.items():
            if given.source != MOMENTUM and pair in forecasts and p.weight_forecast:
                forecasts[pair] = given
        readings = Readings(
            await score_technical(pairs, at, scorer=ports.technical_scorer, parameters=p),
            forecasts,
            {
                pair: await read_sentiment(pair, at, tables=tables, parameters=p)
                for pair in pairs
            },
        )
        self.analyses += 1
        await self.reactions.to(
            await decide_trades(
                analysis,
                at,
                readings,
                cause=cause,
                pairs=pairs,
                log=ports.log,
                policy=ports.policy,
                parameters=p,
            )
        )


def _wired(inputs: RecordedInputs, p: StrategyParameters, yen: YenFactor) -> Environment:
    def due(
        moves: Mapping[str, float], last: int | None, now: int, p: StrategyParameters
    ) -> str | None:
        del moves, last, p
        asked = inputs.analyses.get(now)
        return None if asked is None else asked.reason

    traded = {
        pair: one.between(inputs.start - CANDLE, inputs.end) for pair, one in inputs.series.items()
    }
    environment = in_memory(
        series=providers.Object(dict(inputs.series)),
        traded=providers.Object(traded),
        yen=providers.Object(yen),
        instruments=providers.Object(DEFAULT.only(inputs.series)),
        parameters=providers.Object(p),
        policy=providers.Object(attrs.evolve(policy.STANDARD, due=due)),
        cash=providers.Object(inputs.jpy or CASH),
        terms=providers.Singleton(FillAssumptions),
        market_data=providers.Object(ArrivedMarketData(inputs.candles)),
        scored_ahead=providers.Object(inputs.due()),
    )
    if not inputs.is_in_time:
        from adapters.technical_scorer.windowed import WindowedScorer

        environment.override_providers(
            technical_scorer=providers.Singleton(
                WindowedScorer, environment.tables, environment.parameters
            )
        )
    return environment


async def _side(inputs: RecordedInputs, p: StrategyParameters, yen: YenFactor) -> Side:
    environment = _wired(inputs, p, yen)
    ports, clock = environment.ports(), environment.clock()
    exchange, prices = environment.exchange(), environment.prices()
    trader = _ReplayTrader(ports, inputs)
    waiting = deque(inputs.given)
    days: list[int] = []
    equity: list[float] = []
    for at in range(inputs.start, inputs.end + 1, CANDLE):
        clock.move_to(at)
        if not days or at % DAY == 0:
            days.append(at)
            equity.append(_equity(exchange, prices, at))
        while waiting and waiting[0].at <= at:
            await _give(waiting.popleft(), ports)
        await trader.tick(at)
    clock.move_to(inputs.end + CANDLE)
    days.append(inputs.end)
    equity.append(_equity(exchange, prices, inputs.end))
    decisions, trades = await _traded(ports.log.store)
    return Side(
        days=tuple(days),
        equity=tuple(equity),
        orders=len(exchange.history),
        trades=trades,
        decisions=decisions,
    )


def _equity(exchange: object, prices: object, at: int) -> float:
    cash, held = exchange.holdings()  # type: ignore[attr-defined]
    worth = (coins * (prices.last(pair, at) or 0) for pair, coins in held.items())  # type: ignore[attr-defined]
    return float(cash) + float(sum(worth))


async def _give(commit: e.Commit, ports: Ports) -> None:
    """An input goes onto this log as it was on the other one."""
    version = await ports.log.store.version(commit.stream)
    await ports.log.append(attrs.evolve(commit, version=version + 1, causation=""))


async def _traded(store: EventStore) -> tuple[dict[str, tuple[str, ...]], int]:
    """By analysis what it asked for, and how many positions were closed."""
    decisions: dict[str, tuple[str, ...]] = {}
    trades = 0
    async for _, commit in store.read_all():
        for event in commit.events:
            if isinstance(event, e.DecisionMade):
                decisions[event.analysis] = tuple(
                    f"{one.action.value} {one.pair}" for one in event.trades
                )
            elif isinstance(event, e.PositionClosed):
                trades += 1
    return decisions, trades
