"""What happens when a price arrives: closed candles are stored, an analysis is asked for if due."""

from collections.abc import Sequence

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

STREAM = "ticks"
CANDLES_PER_HOUR = 12


async def collect_prices(
    tick: int,
    *,
    pairs: Sequence[str],
    log: Log,
    market_data: MarketData,
    policy: Policy,
    parameters: StrategyParameters,
    history: int,
) -> tuple[Commit, ...]:
    """Store every closed candle since the last stored one, of every pair, at a tick (ms).

    A pair that has none yet starts with the newest `history` candles. A pair whose source
    fails is recorded as failed and holds up nobody. Raises Conflict when another collector
    was faster.
    """
    after: dict[str, int] = {}
    hour_ago: dict[str, Sequence[Candle]] = {}
    for pair in pairs:
        stored = hour_ago[pair] = await log.tables.newest(PRICES, pair, CANDLES_PER_HOUR)
        after[pair] = stored[-1].open_time if stored else tick - (history + 1) * CANDLE
    answers = await market_data.closed_candles(after, tick)
    events: list[Event] = []
    moves: dict[str, float] = {}
    for pair in pairs:
        candles = answers[pair]
        if isinstance(candles, OutsideError):
            events.append(CollectionFailed(f"market_data/{pair}", str(candles)))
        elif candles:
            events += [PriceCollected(candle) for candle in candles]
            before = _hour_before(hour_ago[pair], candles)
            if before is not None and candles[-1].open_time + CANDLE == tick:
                moves[pair] = move_pct(candles[-1].close, before.close)
    last = await log.tables.get(LAST_ANALYSIS, LAST_ANALYSIS_KEY)
    reason = policy.due(moves, last.analysed_at if last else None, tick, parameters)
    if reason is not None:
        events.append(AnalysisTriggered(analysis_id(tick), reason, tuple(moves.items())))
    if not events:
        return ()
    version = await log.store.version(STREAM) + 1
    return await log.append(
        log.commit(STREAM, version, events, at=tick, correlation=f"tick/{tick}", causation="")
    )


def _hour_before(stored: Sequence[Candle], new: Sequence[Candle]) -> Candle | None:
    """The candle 12 before the newest, or None when there are not that many."""
    back = len(new) - 1 - CANDLES_PER_HOUR
    if back >= 0:
        return new[back]
    return stored[back] if -back <= len(stored) else None
