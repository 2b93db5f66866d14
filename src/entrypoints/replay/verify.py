"""A log decided again, from what was known at each analysis; fills held against their quotes.

The same use cases run on tables folded from the log up to the analysis. What a model forecast is
taken from the log: it was an input. Equal means equal to the bit.
"""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from adapters.clock.simulated import SimulatedClock
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.technical_scorer.windowed import WindowedScorer
from application.commit import Log
from application.read_models import PRICES, SIGNALS, rows_of
from application.scoring.read_sentiment import read_sentiment
from application.scoring.score_forecast import score_forecast
from application.scoring.score_technical import score_technical
from application.strategy.decide_trades import Readings, decide_trades
from domain import events as e
from domain.events import Side
from domain.tuning.in_force import STREAM as PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from application.policy import Policy
    from application.ports.event_store import EventStore
    from application.ports.read_models import Row
    from domain.parameters import StrategyParameters

MOMENTUM = "momentum"
KEPT = 10


@attrs.frozen
class Difference:
    """An event of an analysis that came out otherwise: what the log has, what it should have."""

    analysis: str
    recorded: str
    decided: str


@attrs.define
class Verified:
    """What a replay found. `max_bp` is the worst fill against its quote, in basis points."""

    decisions: int = 0
    equal: int = 0
    fills: int = 0
    max_bp: float = 0.0
    mean_bp: float = 0.0
    differences: list[Difference] = attrs.Factory(list)

    def fill(self, bp: float) -> None:
        """One more fill."""
        self.fills += 1
        self.max_bp = max(self.max_bp, abs(bp))
        self.mean_bp += (bp - self.mean_bp) / self.fills


class _Nowhere:
    """A store that takes appends and keeps nothing; it knows what parameters were in force."""

    def __init__(self, before: Sequence[e.Commit]) -> None:
        self.parameters = list(before)

    async def append(self, commits: Sequence[e.Commit], rows: Sequence[Row] = ()) -> None:
        """Nothing is kept: the caller has the commits."""

    async def version(self, stream: str) -> int:
        """No analysis has been decided here before."""
        known = self.parameters if stream == PARAMETERS else ()
        return known[-1].last_version if known else 0

    async def read(self, stream: str) -> Sequence[e.Commit]:
        """The changes of parameters so far."""
        return self.parameters if stream == PARAMETERS else ()


async def verify(
    store: EventStore,
    *,
    policy: Policy,
    parameters: StrategyParameters,
    since: int = 0,
    until: float = math.inf,
    reach: int = 0,
) -> Verified:
    """Decide the analyses of a log again that were made from `since` to before `until` (ms).

    What decides them happened from `reach` (ms) on; see `report_reach`.

    Fills are those of the same time. Raises Broken for a log that cannot be read.
    """
    clock = SimulatedClock()
    tables = InMemoryReadModels(clock)
    # changes are few, and those of long ago are still in force
    changes = deque(await store.read(PARAMETERS))
    nowhere = _Nowhere([])
    log = Log(nowhere, tables, "replay")  # type: ignore[arg-type]
    scorer = WindowedScorer(tables, parameters)
    found = Verified()
    waiting: list[e.Commit] = []
    sent: dict[str, e.OrderSubmitting] = {}
    whole = _WholeStreams()
    async for _, commit in store.read_all(store.place_of(reach)):
        clock.move_to(commit.at)
        # in the log's order, and at once where that was not read
        while changes and (changes[0].at < commit.at or _is_or_precedes(changes[0], commit)):
            nowhere.parameters.append(changes.popleft())
        if commit.at >= until or not whole.has(commit):
            continue
        if commit.at < since:
            sent |= {one.order: one for one in commit.events if isinstance(one, e.OrderSubmitting)}
            tables.write(_needed(await rows_of([commit], tables), commit.at, since))
            continue
        if commit.stream.startswith("analysis/") and isinstance(commit.events[0], e.SignalScored):
            waiting = list(await _decided(commit, log, scorer, policy, parameters))
            _compare(commit, waiting.pop(0), found)
        for event in commit.events:
            if isinstance(event, e.OrderSubmitting):
                sent[event.order] = event
            elif isinstance(event, e.OrderFilled) and event.order in sent:
                found.fill(_basis_points(event, sent.pop(event.order)))
        tables.write(_needed(await rows_of([commit], tables), commit.at, since))
    return found


def _is_or_precedes(change: e.Commit, commit: e.Commit) -> bool:
    return change.stream == commit.stream and change.version <= commit.version


class _WholeStreams:
    """Orders and positions whose beginning was read: of others nothing can be said."""

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def has(self, commit: e.Commit) -> bool:
        """False for the rest of what began before the first commit that was read."""
        if not commit.stream.startswith(("order/", "position/")):
            return True
        if commit.version == 1:
            self._begun.add(commit.stream)
        return commit.stream in self._begun


def _needed(rows: Sequence[Row], at: int, since: int) -> list[Row]:
    """Rows that a decision from `since` on may read: no signals, and no expired prices."""
    kept = PRICES.lifetime_ms
    expired = kept is not None and at < since - kept
    return [one for one in rows if one[0] is not SIGNALS and not (expired and one[0] is PRICES)]


async def _decided(
    commit: e.Commit,
    log: Log,
    scorer: WindowedScorer,
    policy: Policy,
    parameters: StrategyParameters,
) -> tuple[e.Commit, ...]:
    """The analysis as it comes out now, and the orders it asks for."""
    signals = [one for one in commit.events if isinstance(one, e.SignalScored)]
    pairs = [one.pair for one in signals]
    at = commit.at
    forecasts = await score_forecast(
        pairs, at, tables=log.tables, forecaster=None, parameters=parameters
    )
    for one in signals:
        given = one.forecast
        fallback = forecasts.get(one.pair)
        if given is not None and given.source != MOMENTUM:
            forecasts[one.pair] = given
        elif given is not None and fallback is not None:
            # why the model did not answer was an input, too
            forecasts[one.pair] = attrs.evolve(fallback, fallback_reason=given.fallback_reason)
    readings = Readings(
        await score_technical(pairs, at, scorer=scorer, parameters=parameters),
        forecasts,
        {
            pair: await read_sentiment(pair, at, tables=log.tables, parameters=parameters)
            for pair in pairs
        },
    )
    return await decide_trades(
        signals[0].analysis,
        at,
        readings,
        cause=commit.causation,
        pairs=pairs,
        log=log,
        policy=policy,
        parameters=parameters,
    )


def _compare(recorded: e.Commit, decided: e.Commit, found: Verified) -> None:
    found.decisions += 1
    if recorded.events == decided.events:
        found.equal += 1
        return
    if len(found.differences) < KEPT:
        pairs = zip(recorded.events, decided.events, strict=False)
        here, there = next(((a, b) for a, b in pairs if a != b), (None, None))
        name = recorded.stream.partition("/")[2]
        found.differences.append(Difference(name, _first(here, there), _first(there, here)))


def _first(event: Any, other: Any) -> str:
    """The first field in which an event differs from another, with its value."""
    if type(event) is not type(other) or event is None:
        return type(event).__name__
    name = next(
        one.name
        for one in attrs.fields(type(event))
        if getattr(event, one.name) != getattr(other, one.name)
    )
    pair = getattr(event, "pair", "")
    return f"{type(event).__name__} {pair} {name} = {getattr(event, name)}"


def _basis_points(filled: e.OrderFilled, sent: e.OrderSubmitting) -> float:
    """How much worse than the quote it was sent at: > 0 cost money."""
    quoted = sent.ask if filled.side is Side.BUY else sent.bid
    worse = filled.price.amount / quoted.amount - 1
    return float((worse if filled.side is Side.BUY else -worse) * Decimal(10_000))
