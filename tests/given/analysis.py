"""Readings of all pairs, and a log to decide on."""

import attrs

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application import policy
from application.commit import Log
from application.policy import Policy
from application.strategy.decide_trades import Readings, decide_trades
from domain.events import (
    AnalysisTriggered,
    Candle,
    Commit,
    DecisionMade,
    ForecastReading,
    PriceCollected,
    SentimentReading,
    SignalScored,
    TechnicalReading,
)
from domain.identity import analysis_id
from domain.instant import CANDLE
from domain.parameters import STANDARD, StrategyParameters
from tests.given.desk import NOW

PAIRS = ("eth_usdt", "btc_usdt", "xrp_usdt")
ANALYSIS = analysis_id(NOW)


def technical(score: float, *, histogram: float = 0.05, slope: float = 0.1) -> TechnicalReading:
    """A reading with a Bollinger width of 3 %: the thresholds stay at their base."""
    return TechnicalReading(
        score, 250, NOW - CANDLE, 2_000.0, 41.5, 0.15, 0.1, histogram, slope, 1_990.0, None,
        2_030.0, 2_000.0, 1_970.0, 0.03, 22.0, 1.5, "neutral", 1.0, score, 0.0, 0.0, 0.0,
    )  # fmt: skip


def readings(
    technical_scores: dict[str, float | None],
    forecast: dict[str, ForecastReading | None] | None = None,
    sentiment: dict[str, SentimentReading | None] | None = None,
) -> Readings:
    """Technical readings by score; None is absent, and so is what is not given."""
    found = {
        pair: None if score is None else technical(score)
        for pair, score in technical_scores.items()
    }
    return Readings(found, forecast or {}, sentiment or {})


@attrs.define
class Analyst:
    """A log in memory at NOW and the use case that decides."""

    clock: SimulatedClock = attrs.Factory(lambda: SimulatedClock(NOW))
    log: Log = attrs.field()
    policy: Policy = policy.STANDARD
    parameters: StrategyParameters = STANDARD

    @log.default
    def _fresh(self) -> Log:
        tables = InMemoryReadModels(self.clock)
        return Log(InMemoryEventStore(tables), tables, "test")

    async def trigger(self, at: int = NOW) -> str:
        """Candles of all pairs and the trigger on the log; returns the trigger's id."""
        candles = [
            PriceCollected(Candle(pair, at - CANDLE, 1_990.5, 2_010.25, 1_985.75, 2_000.0, 12.5))
            for pair in PAIRS
        ]
        moves = tuple((pair, 0.456) for pair in PAIRS)
        trigger = AnalysisTriggered(analysis_id(at), "moved:eth_usdt", moves)
        version = await self.log.store.version("ticks") + 1
        commit = self.log.commit(
            "ticks", version, [*candles, trigger], at=at, correlation=f"tick/{at}", causation=""
        )
        await self.log.append(commit)
        return f"ticks@{version + len(candles)}"

    async def decide(
        self, seen: Readings, at: int = NOW, cause: str = "ticks@7"
    ) -> tuple[Commit, ...]:
        """One analysis."""
        return await decide_trades(
            analysis_id(at),
            at,
            seen,
            cause=cause,
            pairs=PAIRS,
            log=self.log,
            policy=self.policy,
            parameters=self.parameters,
        )


def decision_of(commits: tuple[Commit, ...]) -> DecisionMade:
    """The one decision."""
    (found,) = [e for one in commits for e in one.events if isinstance(e, DecisionMade)]
    return found


def signals_of(commits: tuple[Commit, ...]) -> dict[str, SignalScored]:
    """Signals by pair."""
    found = [e for one in commits for e in one.events if isinstance(e, SignalScored)]
    assert len({one.pair for one in found}) == len(found)
    return {one.pair: one for one in found}
