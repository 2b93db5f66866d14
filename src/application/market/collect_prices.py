"""What happens when a price arrives: closed candles are stored, an analysis is asked for if due."""

from collections import deque
from collections.abc import Mapping, Sequence

import attrs

from application.commit import Log
from application.errors import OutsideError
from application.policy import Policy
from application.ports.market_data import MarketData
from application.read_models import LAST_ANALYSIS, LAST_ANALYSIS_KEY, PRICES
from domain.events import (
    AnalysisTriggered,
    Candle,
    CollectionFailed,
    Commit,
    Event,
    PriceCollected,
)
from domain.identity import analysis_id
from domain.instant import CANDLE
from domain.market.price_move import move_pct
from domain.parameters import StrategyParameters
from domain.quick import maker

STREAM = "ticks"
_collected = maker(PriceCollected)
AT_ONCE = 80
"""Events in one commit: with their rows they fit into one transaction of any store (100 items)."""
CLOSES = 13
"""A candle and the 12 before it: what the change over an hour is made of."""


@attrs.define(slots=True)
class PriceMemory:
    """What a collector knows of the stored prices, good while the stream is at `version`.

    Closes are the newest 13 of each pair: an hour, from end to end. A new process starts with
    an empty memory and reads it from the tables; so does one that finds that somebody else has
    written.
    """

    version: int = -1
    newest: dict[str, int] = attrs.Factory(dict)
    closes: dict[str, deque[float]] = attrs.Factory(dict)
    last_analysis: int | None = None
    without: dict[str, None] = attrs.Factory(dict)
    """Pairs that no candle has come of yet."""

    async def catch_up(self, log: Log, pairs: Sequence[str], version: int) -> None:
        """Read what is stored."""
        self.without = {}
        for pair in pairs:
            rows = await log.tables.newest(PRICES, pair, CLOSES)
            self.newest[pair] = rows[-1].open_time if rows else 0
            if not rows:
                self.without[pair] = None
            self.closes[pair] = deque((one.close for one in rows), CLOSES)
        last = await log.tables.get(LAST_ANALYSIS, LAST_ANALYSIS_KEY)
        self.last_analysis = last.analysed_at if last else None
        self.version = version

    def one_each(self, candles: Sequence[Candle], opened: int) -> dict[str, float]:
        """The next candle of every pair, all opened at a time (ms); changes over an hour in %."""
        moves = {}
        closes_of, newest = self.closes, self.newest
        for one in candles:
            pair, close = one.pair, one.close
            newest[pair] = opened
            closes = closes_of[pair]
            closes.append(close)
            if len(closes) == CLOSES:
                moves[pair] = move_pct(close, closes[0])
        if self.without:
            self.without.clear()
        return moves

    def several(self, pair: str, candles: Sequence[Candle], opened: int) -> dict[str, float]:
        """New candles of a pair, oldest first; its change over an hour if the last opened then."""
        self.without.pop(pair, None)
        closes = self.closes[pair]
        closes.extend(one.close for one in candles)
        newest = candles[-1]
        self.newest[pair] = newest.open_time
        if newest.open_time != opened or len(closes) != CLOSES:
            return {}
        return {pair: move_pct(newest.close, closes[0])}

    def after(self, tick: int, history: int) -> Mapping[str, int]:
        """Open time (ms) of the newest stored candle of each pair at a tick.

        A pair without any starts `history` candles before this tick, however long the process
        has been waiting for the first.
        """
        for pair in self.without:
            self.newest[pair] = tick - (history + 1) * CANDLE
        return self.newest


def _one_each(
    answers: Mapping[str, Sequence[Candle] | OutsideError], pairs: Sequence[str], opened: int
) -> list[Candle] | None:
    """The candle that has just closed, of every pair, when nothing else has come: nearly always."""
    found = []
    for pair in pairs:
        answer = answers[pair]
        if answer.__class__ is not tuple or len(answer) != 1:
            return None
        candle = answer[0]
        if candle.open_time != opened:
            return None
        found.append(candle)
    return found


async def collect_prices(
    tick: int,
    *,
    pairs: Sequence[str],
    log: Log,
    market_data: MarketData,
    policy: Policy,
    parameters: StrategyParameters,
    history: int,
    memory: PriceMemory,
) -> tuple[Commit, ...]:
    """Store every closed candle since the last stored one, of every pair, at a tick (ms).

    A pair that has none yet starts with the newest `history` candles. A pair whose source
    fails is recorded as failed, after the prices of the others, and holds up nobody. What is
    made up after a pause goes out in several appends; one that fails leaves the rest to the
    next tick. Raises Conflict when another collector was faster.
    """
    version = await log.store.version(STREAM)
    if memory.version != version:
        await memory.catch_up(log, pairs, version)
    answers = await market_data.closed_candles(memory.after(tick, history), tick)
    memory.version = -1  # until the append has succeeded, what is added below is not true yet
    newest_closed = tick - CANDLE
    candles = _one_each(answers, pairs, newest_closed)
    events: list[Event] = []
    if candles is not None:
        events += [_collected(one) for one in candles]
        moves = memory.one_each(candles, newest_closed)
    else:
        failed: list[Event] = []
        moves = {}
        for pair in pairs:
            answer = answers[pair]
            if isinstance(answer, OutsideError):
                failed.append(CollectionFailed(f"market_data/{pair}", str(answer)))
            elif answer:
                events += map(_collected, answer)
                moves |= memory.several(pair, answer, newest_closed)
        events += failed
    reason = policy.due(moves, memory.last_analysis, tick, parameters)
    if reason is not None:
        events.append(AnalysisTriggered(analysis_id(tick), reason, tuple(moves.items())))
    if not events:
        memory.version = version
        return ()
    commits = await _append(events, version, tick, log)
    memory.version = version + len(events)
    if reason is not None:
        memory.last_analysis = tick
    return commits


async def _append(events: Sequence[Event], version: int, tick: int, log: Log) -> tuple[Commit, ...]:
    """The events after a version of the stream, in as many commits as they need."""
    if len(events) <= AT_ONCE:  # always, but after a pause
        return await log.append(log.commit(STREAM, version + 1, events, tick, f"tick/{tick}", ""))
    commits: tuple[Commit, ...] = ()
    for first in range(0, len(events), AT_ONCE):
        commits += await log.append(
            log.commit(
                STREAM,
                version + first + 1,
                events[first : first + AT_ONCE],
                tick,
                f"tick/{tick}",
                "",
            )
        )
    return commits
