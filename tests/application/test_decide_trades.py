"""One analysis: a signal of every pair, one decision, and the orders it asks for, at once."""

from decimal import Decimal

import pytest

from application.errors import Conflict
from application.read_models import ANALYSIS_STATE, MARKET_CONTEXT, SENTIMENT, SIGNALS
from application.scoring.read_sentiment import read_sentiment
from domain.events import (
    Action,
    DecisionMade,
    ForecastReading,
    MarketContextCollected,
    OrderRequested,
    ParameterMove,
    ParametersChanged,
    PositionOpened,
    Reason,
    SentimentReading,
    SentimentScored,
    Side,
    SignalScored,
)
from domain.identity import order_id
from domain.instant import CANDLE, HOUR, MINUTE, SECOND
from domain.parameters import STANDARD
from tests.given.analysis import ANALYSIS, PAIRS, Analyst, decision_of, readings, signals_of
from tests.given.desk import NOW, events_of, jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")
ETH, BTC, XRP = PAIRS
STRONG = {ETH: 0.9, BTC: 0.2, XRP: 0.1}


async def hold(analyst: Analyst, pair: str, opened_at: int) -> None:
    """An open position of a pair."""
    event = PositionOpened(
        f"p-{pair}", pair, f"p-{pair}", Decimal(1), jpy(100), jpy(100), jpy(95), jpy(130), opened_at
    )
    commit = analyst.log.commit(
        f"position/p-{pair}", 1, [event], at=opened_at, correlation="", causation=""
    )
    await analyst.log.append(commit)


async def mood(analyst: Analyst, at: int, fear_greed: int | None = 50, dominance: float = 50.0):
    """A reading of the market's mood on the log."""
    event = MarketContextCollected(fear_greed, 0.0, 6, dominance)
    version = await analyst.log.store.version("feeds/market-context") + 1
    commit = analyst.log.commit(
        "feeds/market-context", version, [event], at=at, correlation="", causation=""
    )
    await analyst.log.append(commit)


async def test_an_analysis_is_one_signal_a_pair_and_one_decision_in_one_append():
    analyst = Analyst()
    commits = await analyst.decide(readings(STRONG))
    kinds = [type(one) for one in commits[0].events]
    assert kinds == [SignalScored] * 3 + [DecisionMade]
    assert [one.pair for one in commits[0].events[:3]] == list(PAIRS)
    assert commits[0].stream == f"analysis/{ANALYSIS}"
    assert commits[0].causation == "ticks@7"
    assert len(analyst.log.store.commits) == len(commits) == 2
    for pair in PAIRS:
        assert len(await analyst.log.tables.newest(SIGNALS, pair, 10)) == 1


async def test_the_best_pair_over_the_threshold_is_bought_and_the_order_names_its_cause():
    commits = await Analyst().decide(readings(STRONG))
    decision = decision_of(commits)
    assert decision.action is Action.BUY
    assert decision.ranking == (ETH, BTC, XRP)
    (request,) = [e for e in events_of(commits) if isinstance(e, OrderRequested)]
    assert (request.pair, request.side, request.reason) == (ETH, Side.BUY, Reason.SIGNAL)
    assert (request.origin, request.asked_at, request.position) == (ANALYSIS, NOW, None)
    assert request.score == signals_of(commits)[ETH].total == decision.trades[0].score
    assert commits[1].causation == f"analysis/{ANALYSIS}@4"


async def test_nothing_over_the_threshold_holds_and_says_how_far_it_was():
    commits = await Analyst().decide(readings({ETH: 0.5, BTC: 0.2, XRP: 0.1}))
    decision = decision_of(commits)
    assert (decision.action, decision.trades, len(commits)) == (Action.HOLD, (), 1)
    first = decision.refused[0]
    assert (first.pair, first.guard, first.operator) == (ETH, "buy_threshold", ">=")
    assert first.limit == pytest.approx(0.25)
    assert {one.pair for one in decision.refused} == set(PAIRS)


async def test_order_ids_follow_from_analysis_pair_and_side_alone():
    first = decision_of(await Analyst().decide(readings(STRONG)))
    again = decision_of(await Analyst().decide(readings(STRONG)))
    later = decision_of(await Analyst().decide(readings(STRONG), NOW + CANDLE))
    assert first == again
    assert first.trades[0].order == order_id(ANALYSIS, ETH, "buy") != later.trades[0].order


async def test_the_same_analysis_again_changes_nothing():
    analyst = Analyst()
    await analyst.decide(readings(STRONG))
    before = list(analyst.log.store.commits)
    assert await analyst.decide(readings({ETH: -0.9, BTC: 0.9, XRP: 0.9})) == ()
    assert list(analyst.log.store.commits) == before


async def test_an_absent_component_is_none_and_counts_nothing():
    commits = await Analyst().decide(readings(STRONG))
    parts = signals_of(commits)[ETH].components
    assert (parts.forecast, parts.sentiment, parts.market) == (None, None, None)
    weights = signals_of(commits)[ETH].weights
    assert signals_of(commits)[ETH].total == pytest.approx(weights.technical * 0.9)


async def test_a_pair_without_a_technical_score_is_not_bought_however_good_the_rest():
    best = ForecastReading(1.0, 0.9, "model", None, 12, 2_100.0)
    news = SentimentReading(1.0, 60, 5)
    seen = readings({ETH: None, BTC: 0.1, XRP: 0.1}, {ETH: best}, {ETH: news})
    decision = decision_of(await Analyst().decide(seen))
    assert decision.ranking[0] == ETH
    assert decision.action is Action.HOLD
    assert decision.refused[0].guard == "no_technical"


async def test_the_total_is_the_weighted_sum_of_its_components():
    analyst = Analyst()
    await mood(analyst, NOW - MINUTE, dominance=65.0)
    forecast = ForecastReading(0.6, 0.8, "model", None, 12, 2_100.0)
    news = SentimentReading(0.7, 60, 5)
    commits = await analyst.decide(readings(STRONG, {ETH: forecast}, {ETH: news}))
    one = signals_of(commits)[ETH]
    w, c = one.weights, one.components
    assert sum((w.technical, w.forecast, w.sentiment, w.market)) == pytest.approx(1)
    assert w.forecast == pytest.approx(0.35 + 0.048)
    assert one.adjustment == -0.05
    assert one.total == pytest.approx(
        w.technical * c.technical
        + w.forecast * c.forecast
        + w.sentiment * c.sentiment
        + w.market * c.market
        - 0.05
    )
    assert signals_of(commits)[BTC].adjustment == 0.0


@pytest.mark.parametrize(("age_s", "there"), [(7_200, True), (7_201, False)])
async def test_a_mood_over_two_hours_old_is_absent(age_s, there):
    analyst = Analyst()
    await mood(analyst, NOW - age_s * SECOND)
    one = signals_of(await analyst.decide(readings(STRONG)))[ETH]
    assert (one.market is not None) is (one.components.market is not None) is there
    if there:
        assert one.market.age_s == age_s


async def test_the_newest_mood_counts_and_extreme_fear_raises_the_buy_threshold():
    analyst = Analyst()
    await mood(analyst, NOW - HOUR, fear_greed=50)
    await mood(analyst, NOW - MINUTE, fear_greed=20)
    one = signals_of(await analyst.decide(readings(STRONG)))[ETH]
    assert one.thresholds.buy == pytest.approx(0.25 * 1.35)
    assert one.thresholds.sell == pytest.approx(-0.13)
    assert len(await analyst.log.tables.newest(MARKET_CONTEXT, "global", 9)) == 2


@pytest.mark.parametrize(("age_s", "there"), [(10_800, True), (10_801, False)])
async def test_a_sentiment_over_three_hours_old_is_absent(age_s, there):
    analyst = Analyst()
    at = NOW - age_s * SECOND
    event = SentimentScored(ETH, 0.8, 4, 2, 1, ())
    commit = analyst.log.commit("feeds/news", 1, [event], at=at, correlation="", causation="")
    await analyst.log.append(commit)
    found = await read_sentiment(ETH, NOW, tables=analyst.log.tables, parameters=STANDARD)
    assert found == (SentimentReading(0.8, age_s, 4) if there else None)
    assert await read_sentiment(BTC, NOW, tables=analyst.log.tables, parameters=STANDARD) is None
    assert len(await analyst.log.tables.newest(SENTIMENT, ETH, 9)) == 1


async def test_all_that_qualify_are_sold_worst_first_and_nothing_is_bought_then():
    analyst = Analyst()
    for pair in (ETH, BTC):
        await hold(analyst, pair, NOW - HOUR)
    commits = await analyst.decide(readings({ETH: -0.5, BTC: -0.8, XRP: 0.9}))
    decision = decision_of(commits)
    assert decision.action is Action.SELL
    assert [one.pair for one in decision.trades] == [BTC, ETH]
    assert set(decision.held) == {ETH, BTC}
    requests = [e for e in events_of(commits) if isinstance(e, OrderRequested)]
    assert [one.position for one in requests] == [f"p-{BTC}", f"p-{ETH}"]
    assert [(one.pair, one.guard) for one in decision.refused] == [(XRP, "sells_first")]


async def test_a_position_held_under_30_minutes_is_kept():
    analyst = Analyst()
    await hold(analyst, ETH, NOW - 30 * MINUTE + 1)
    decision = decision_of(await analyst.decide(readings({ETH: -0.9, BTC: 0.1, XRP: 0.1})))
    assert decision.action is Action.HOLD
    assert decision.refused[0].guard == "min_hold"


async def test_a_pair_with_an_order_under_way_is_left_alone():
    analyst = Analyst()
    await analyst.decide(readings(STRONG))
    assert len(await analyst.log.tables.flagged(ANALYSIS_STATE)) == 1
    decision = decision_of(await analyst.decide(readings(STRONG), NOW + CANDLE))
    assert decision.action is Action.HOLD
    assert (ETH, "order_under_way") in [(one.pair, one.guard) for one in decision.refused]


async def test_a_decision_that_lost_the_race_leaves_nothing():
    analyst = Analyst()

    class TooLate:
        """A store in which somebody else appends just before."""

        def __init__(self, store) -> None:
            self.store = store

        async def version(self, stream: str) -> int:
            return await self.store.version(stream)

        async def append(self, commits, rows=()) -> None:
            other = analyst.log.commit(
                commits[-1].stream, 1, commits[-1].events, at=NOW, correlation="x", causation="x"
            )
            await self.store.append([other])
            await self.store.append(commits, rows)

    store = analyst.log.store
    analyst.log = type(analyst.log)(TooLate(store), analyst.log.tables, "late")
    with pytest.raises(Conflict):
        await analyst.decide(readings(STRONG))
    assert len(store.commits) == 1
    assert not await analyst.log.tables.newest(SIGNALS, ETH, 1)


async def change(analyst: Analyst, at: int, name: str, before: float, after: float) -> None:
    """The tuner's change of a parameter on the log."""
    event = ParametersChanged(
        change=f"change-{at}",
        day="2026-02-01",
        proposer="test",
        moves=(ParameterMove(name, before, after),),
        days=40,
        gain_jpy=1.0,
        probability=0.99,
        tried=1,
    )
    version = await analyst.log.store.version("parameters") + 1
    await analyst.log.append(analyst.log.commit("parameters", version, [event], at, "", ""))


async def test_a_change_on_the_log_holds_without_anybody_being_deployed_again():
    analyst = Analyst()
    weak = readings({ETH: 0.26 / 0.35, BTC: 0.0, XRP: 0.0})
    assert decision_of(await analyst.decide(weak)).action is Action.BUY
    changed = Analyst()
    await change(changed, NOW - HOUR, "buy_threshold", 0.25, 0.28)
    commits = await changed.decide(weak)
    assert decision_of(commits).action is not Action.BUY
    assert signals_of(commits)[ETH].thresholds.buy == pytest.approx(0.28)


async def test_what_was_held_before_a_change_is_sold_by_what_it_was_bought_by():
    analyst = Analyst()
    await hold(analyst, ETH, NOW - 4 * HOUR)
    await change(analyst, NOW - 3 * HOUR, "sell_threshold", -0.13, -0.16)
    await hold(analyst, BTC, NOW - 2 * HOUR)
    weak = -0.145 / 0.35
    commits = await analyst.decide(readings({ETH: weak, BTC: weak, XRP: 0.0}))
    seen = signals_of(commits)
    assert seen[ETH].thresholds.sell == pytest.approx(-0.13)
    assert seen[BTC].thresholds.sell == pytest.approx(-0.16)
    sold = [one.pair for one in decision_of(commits).trades if one.action is Action.SELL]
    assert sold == [ETH]


async def test_a_change_that_starts_from_another_value_is_overtaken_by_the_configuration():
    analyst = Analyst(parameters=STANDARD.with_settings(["buy_threshold=0.3"]))
    await change(analyst, NOW - HOUR, "buy_threshold", 0.25, 0.28)
    commits = await analyst.decide(readings(STRONG))
    assert signals_of(commits)[ETH].thresholds.buy == pytest.approx(0.3)
