"""Components of all pairs become scores, one decision, and the orders that it asks for."""

from collections.abc import Mapping, Sequence

import attrs

from application.commit import Log
from application.parameters_in_force import parameters_in_force
from application.policy import Policy
from application.read_models import ANALYSIS_STATE, MARKET_CONTEXT, POSITIONS
from domain.events import (
    Action,
    ChosenTrade,
    Commit,
    DecisionMade,
    ForecastReading,
    MarketReading,
    OrderRequested,
    Reason,
    SentimentReading,
    Side,
    SignalScored,
    TechnicalReading,
    Thresholds,
)
from domain.events.recorded import event_id
from domain.identity import order_id
from domain.instant import SECOND
from domain.parameters import StrategyParameters
from domain.quick import maker, quickly_made
from domain.scoring.market_score import market_score
from domain.scoring.total_score import total_score
from domain.strategy.decide import Holding, Scored, Verdict
from domain.strategy.thresholds import sell_threshold_of, thresholds

BITCOIN = "btc_usdt"
_signal_scored, _scored = maker(SignalScored), maker(Scored)


@quickly_made
@attrs.frozen(slots=True, weakref_slot=False)
class Readings:
    """What the components gave, by pair; None or a missing pair is absent."""

    technical: Mapping[str, TechnicalReading | None]
    forecast: Mapping[str, ForecastReading | None]
    sentiment: Mapping[str, SentimentReading | None]


async def decide_trades(
    analysis: str,
    at: int,
    readings: Readings,
    *,
    cause: str,
    pairs: Sequence[str],
    log: Log,
    policy: Policy,
    parameters: StrategyParameters,
) -> tuple[Commit, ...]:
    """Score, rank, decide and request orders for the tick `at` (ms), all in one append.

    `parameters` are the configured ones; the log may tell of changes to them. A change holds for
    new positions only. Repeated for the same analysis it changes nothing. Raises Conflict when
    somebody else decided meanwhile.
    """
    stream = f"analysis/{analysis}"
    if await log.store.version(stream):
        return ()
    history = await parameters_in_force(log.store, parameters)
    parameters = history.newest
    mood = await _mood(at, log, parameters)
    limits = _thresholds(pairs, readings, mood, parameters)
    open_rows = await log.tables.flagged(POSITIONS)
    holdings = [
        Holding(row.pair, row.position_id, row.open.opened_at) for row in open_rows if row.open
    ]
    # what is held can only be sold, and is by the parameters that it was bought by
    bought_by = {one.pair: history.at(one.opened_at) for one in holdings}
    signals = []
    for pair in pairs:
        own = bought_by.get(pair, parameters)
        own_limits = limits if own is parameters else _thresholds(pairs, readings, mood, own)
        signals.append(_signal(analysis, pair, readings, mood, own_limits, own))
    under_way = await log.tables.flagged(ANALYSIS_STATE)
    busy = {row.pair: row.state for row in under_way}
    scored = [_scored_of(one, parameters) for one in signals]
    verdict = policy.decide(scored, holdings, busy, limits, at, parameters)
    decision = _decision(analysis, verdict, limits, holdings)
    decided_by = event_id(stream, len(signals) + 1)
    positions = {holding.pair: holding.position for holding in holdings}
    return await log.append(
        log.commit(stream, 1, [*signals, decision], at=at, correlation=analysis, causation=cause),
        *(
            log.commit(
                f"order/{trade.order}",
                1,
                [_request(trade, analysis, positions, at)],
                at=at,
                correlation=analysis,
                causation=decided_by,
            )
            for trade in decision.trades
        ),
    )


async def _mood(at: int, log: Log, p: StrategyParameters) -> MarketReading | None:
    rows = await log.tables.newest(MARKET_CONTEXT, "global", 1)
    if not rows:
        return None
    age_s = (at - rows[-1].timestamp) // SECOND
    if age_s > p.context_age_max_s:
        return None
    seen = rows[-1].reading
    return market_score(seen.fear_greed, seen.funding_rate, seen.btc_dominance, age_s, p)


def _thresholds(
    pairs: Sequence[str], readings: Readings, mood: MarketReading | None, p: StrategyParameters
) -> Thresholds:
    seen = (readings.technical.get(pair) for pair in pairs)
    widths = [p.bollinger_width_unknown if one is None else one.bollinger_width for one in seen]
    return thresholds(widths, mood.fear_greed if mood else None, p)


def _signal(
    analysis: str,
    pair: str,
    readings: Readings,
    mood: MarketReading | None,
    limits: Thresholds,
    p: StrategyParameters,
) -> SignalScored:
    technical = readings.technical.get(pair)
    forecast = readings.forecast.get(pair)
    sentiment = readings.sentiment.get(pair)
    score = total_score(
        pair == BITCOIN,
        technical.score if technical else None,
        forecast.score if forecast else None,
        forecast.confidence if forecast else None,
        sentiment.score if sentiment else None,
        mood.score if mood else None,
        mood.btc_dominance if mood else None,
        p,
    )
    return _signal_scored(
        analysis,
        pair,
        score.total,
        score.components,
        score.weights,
        score.adjustment,
        limits,
        technical,
        forecast,
        sentiment,
        mood,
    )


def _scored_of(one: SignalScored, p: StrategyParameters) -> Scored:
    own = sell_threshold_of(one.thresholds, one.technical, p)
    return _scored(one.pair, one.total, own, one.technical is not None)


def _decision(
    analysis: str, verdict: Verdict, limits: Thresholds, holdings: Sequence[Holding]
) -> DecisionMade:
    sells = [
        ChosenTrade(
            one.pair,
            Action.SELL,
            one.total,
            one.sell_threshold,
            order_id(analysis, one.pair, Side.SELL),
        )
        for one in verdict.sells
    ]
    buys = [
        ChosenTrade(
            one.pair, Action.BUY, one.total, limits.buy, order_id(analysis, one.pair, Side.BUY)
        )
        for one in verdict.buys
    ]
    return DecisionMade(
        analysis,
        verdict.action,
        (*sells, *buys),
        verdict.ranking,
        tuple(one.pair for one in holdings),
        verdict.refused,
    )


def _request(
    trade: ChosenTrade, analysis: str, positions: Mapping[str, str], at: int
) -> OrderRequested:
    is_sell = trade.action is Action.SELL
    return OrderRequested(
        order=trade.order,
        pair=trade.pair,
        side=Side.SELL if is_sell else Side.BUY,
        reason=Reason.SIGNAL,
        origin=analysis,
        score=trade.score,
        position=positions[trade.pair] if is_sell else None,
        asked_at=at,
    )
