"""What is sent because of an event, and that nothing else is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import domain.events as e
from adapters.analysis_starter.in_process import InProcessStarter
from adapters.clock.simulated import SimulatedClock
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.order_queue.in_memory import InMemoryOrderQueue
from application.errors import OutsideError, Retryable
from application.messages import Ranking
from application.ranking import Ranker
from application.reactions import SENT, TOLD, Reactions
from application.strategy.decide_trades import decide_trades
from domain.instruments import DEFAULT
from domain.money import Jpy
from tests.given.analysis import ANALYSIS, PAIRS, Analyst, readings
from tests.given.desk import NOW, jpy
from tests.given.events import values_of

PAIR = "eth_usdt"


class Outside:
    """All that a reaction may send to."""

    def __init__(self, *, wants_routine: bool = False) -> None:
        self.starter = InProcessStarter()
        self.queue = InMemoryOrderQueue(SimulatedClock(NOW))
        self.notifier = InMemoryNotifier(wants_routine=wants_routine)
        self.reactions = Reactions(self.starter, self.queue, self.notifier)

    async def saw(self, *events: e.Event, stream: str = "s", version: int = 1) -> None:
        await self.reactions.to([e.Commit(stream, version, events, NOW, "c", "", "test")])

    async def queued(self) -> list[str]:
        found = []
        while (message := await self.queue.receive()) is not None:
            found.append(message.order)
            await self.queue.done(message)
        return found


def request(order: str) -> e.OrderRequested:
    return e.OrderRequested(order, PAIR, e.Side.BUY, e.Reason.SIGNAL, "a", 0.3, None, NOW)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_trigger_starts_its_analysis_and_is_named_as_the_cause():
    outside = Outside()
    failed = e.CollectionFailed("market_data/x", "down")
    await outside.saw(failed, e.AnalysisTriggered("a1", "first", ()), stream="ticks", version=8)
    assert list(outside.starter.waiting) == [("a1", NOW, "ticks@9")]


@pytest.mark.asyncio(loop_scope="function")
async def test_requested_orders_are_queued_by_id_in_order():
    outside = Outside()
    await outside.saw(request("o1"))
    await outside.saw(request("o2"))
    assert await outside.queued() == ["o1", "o2"]
    assert outside.notifier.count == 0


zero, one = Decimal(0), Decimal(1)
SENTENCES = {
    "eth_usdt: 0.5 at 200.000 JPY": e.OrderFilled(
        "o", PAIR, e.Side.BUY, Decimal(100), Decimal("0.5"), jpy(200), jpy(100), jpy(0)
    ),
    "closed eth_usdt by stop_loss: -25 JPY (-2.50 %)": e.PositionClosed(
        "p", PAIR, "o", e.Reason.STOP_LOSS, one, jpy(975), jpy(975), jpy(-25), -2.5, zero, NOW
    ),
    "order o9 of eth_usdt is in doubt: timed out": e.OrderInDoubt("o9", PAIR, "timed out"),
    "order o9 of eth_usdt is out of doubt: the exchange has it as 77": e.OrderAdopted(
        "o9", PAIR, "77", "the only one"
    ),
    "order o9 of eth_usdt was never placed: 6 looks": e.OrderProvenAbsent("o9", PAIR, "6 looks"),
    "order o9 of eth_usdt is set aside: two look like it; please look": e.OrderQuarantined(
        "o9", PAIR, None, "two look like it"
    ),
    "0.5 coins of eth_usdt are not on the account: position p1 is given up; please look": (
        e.PositionWrittenOff("p1", PAIR, "o9", Decimal("0.5"), 5)
    ),
    "order o9 of eth_usdt was given up: by hand": e.OrderAbandoned("o9", PAIR, "by hand"),
    "nothing is done; please look": e.EntryDisbelieved("p", PAIR, jpy(1), jpy(100)),
    "tripped: losses_in_a_row": e.CircuitBreakerTripped("losses_in_a_row", jpy(1), 5),
    "breaker reset": e.CircuitBreakerReset(),
    "stop of eth_usdt raised to 970.000 JPY": e.TrailingStopRaised("p", PAIR, jpy(970), 3.2),
    "price 90.000 JPY, stop 97.000 JPY; it is sold": e.StopLossHit("p", PAIR, jpy(90), jpy(97)),
    "2026-02-08: 241 analyses, 4 buys, 3 sells, +3284 JPY, 0 held; books balance": (
        e.DailyReportPublished(
            day="2026-02-08",
            file="daily-2026-02-08.json",
            digest="d",
            analyses=241,
            buys=4,
            sells=3,
            wins=2,
            losses=1,
            gain=jpy(3284),
            fees=jpy(0),
            equity=None,
            market=None,
            breaker_open=False,
            balanced=True,
            commits=9,
            head="h",
            decisions=241,
            equal=241,
            news_calls=None,
        )
    ),
    "price 131.000 JPY, goal 130.000 JPY": e.TakeProfitHit("p", PAIR, jpy(131), jpy(130)),
    "change-2026-03-01: new positions are opened by buy_threshold 0.25 -> 0.28": (
        e.ParametersChanged(
            change="change-2026-03-01",
            day="2026-03-01",
            proposer="search",
            moves=(e.ParameterMove("buy_threshold", 0.25, 0.28),),
            days=40,
            gain_jpy=5_000.0,
            probability=0.97,
            tried=12,
        )
    ),
    "change-2026-03-01 is taken back by review: buy_threshold 0.28 -> 0.25": (
        e.ParametersRolledBack(
            "change-2026-03-01",
            "2026-03-15",
            (e.ParameterMove("buy_threshold", 0.28, 0.25),),
            "review",
        )
    ),
    "no candles": e.ErrorDetected("technical", "[ERROR] no candles", 2),
}


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("words", SENTENCES)
async def test_a_human_hears_one_sentence_of(words):
    outside = Outside(wants_routine=True)
    await outside.saw(SENTENCES[words])
    assert [words in said for said in outside.notifier.said] == [True]


def test_every_event_that_is_told_has_its_sentence_here():
    assert {type(event) for event in SENTENCES.values()} | {e.DecisionMade} == TOLD


@pytest.mark.asyncio(loop_scope="function")
async def test_all_events_of_all_commits_are_seen_in_order():
    outside = Outside()
    doubts = [e.OrderInDoubt(f"o{n}", PAIR, "lost") for n in range(4)]
    commits = [
        e.Commit("s", 1, tuple(doubts[:2]), NOW, "c", "", "test"),
        e.Commit("t", 1, tuple(doubts[2:]), NOW, "c", "", "test"),
    ]
    await outside.reactions.to(commits)
    assert [said.split()[1] for said in outside.notifier.said] == ["o0", "o1", "o2", "o3"]


QUIET = [kind for kind in e.EVENT_TYPES if kind not in SENT]


@pytest.mark.asyncio(loop_scope="function")
@given(event=st.one_of([values_of(kind) for kind in QUIET]))
async def test_nothing_is_sent_for_any_other_event(event):
    outside = Outside()
    await outside.saw(event)
    assert (len(outside.starter.waiting), outside.notifier.count) == (0, 0)
    assert await outside.queued() == []


@pytest.mark.asyncio(loop_scope="function")
async def test_who_does_not_want_routine_is_not_told_of_raised_stops():
    outside = Outside()
    await outside.saw(e.TrailingStopRaised("p", PAIR, jpy(970), 3.2))
    assert outside.notifier.count == 0


class Prices:
    """A market that is asked for prices."""

    def __init__(self, answer: Jpy | OutsideError) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def price(self, pair: str) -> Jpy:
        self.asked.append(pair)
        if isinstance(self.answer, OutsideError):
            raise self.answer
        return self.answer


async def decided(prices: Prices, *, wants_routine: bool) -> InMemoryNotifier:
    """What is told of an analysis that buys ETH while XRP is held: 10 coins for 1,000 JPY."""
    analyst = Analyst()
    opened = e.PositionOpened(
        "p1", "xrp_usdt", "o1", Decimal(10), jpy(100), jpy(1000), jpy(97), jpy(130), NOW
    )
    log = analyst.log
    await log.append(log.commit("position/p1", 1, [opened], at=NOW, correlation="o1", causation=""))
    commits = await decide_trades(
        ANALYSIS,
        NOW,
        readings({"eth_usdt": 0.9, "btc_usdt": 0.1}),
        cause="",
        pairs=PAIRS,
        log=log,
        policy=analyst.policy,
        parameters=analyst.parameters,
    )
    notifier = InMemoryNotifier(wants_routine=wants_routine)
    ranker = Ranker(log.tables, DEFAULT, prices.price)
    queue = InMemoryOrderQueue(SimulatedClock(NOW))
    await Reactions(InProcessStarter(), queue, notifier, ranker).to(commits)
    assert await queue.receive() is not None
    return notifier


@pytest.mark.asyncio(loop_scope="function")
async def test_an_analysis_is_told_as_a_ranking_with_positions_at_market_prices():
    prices = Prices(jpy("104.5"))
    (ranking,) = (await decided(prices, wants_routine=True)).messages
    assert isinstance(ranking, Ranking)
    assert [(one.pair, one.name) for one in ranking.coins] == [
        ("eth_usdt", "Ethereum"),
        ("btc_usdt", "Bitcoin"),
        ("xrp_usdt", "XRP"),
    ]
    assert [one.pair for one in ranking.trades] == ["eth_usdt"]
    (held,) = ranking.positions
    assert (held.gain, held.gain_pct, prices.asked) == (jpy(45), 4.5, ["xrp_usdt"])


@pytest.mark.asyncio(loop_scope="function")
async def test_a_ranking_goes_out_without_a_price_that_cannot_be_had():
    (ranking,) = (await decided(Prices(Retryable("down")), wants_routine=True)).messages
    (held,) = ranking.positions
    assert (held.price, held.gain, held.gain_pct) == (None, None, None)


@pytest.mark.asyncio(loop_scope="function")
async def test_without_routine_no_ranking_is_built_and_no_price_asked_for():
    prices = Prices(jpy(100))
    notifier = await decided(prices, wants_routine=False)
    assert (notifier.messages, prices.asked) == ([], [])
