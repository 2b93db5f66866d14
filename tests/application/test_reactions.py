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
from application.reactions import SENT, TOLD, Reactions
from tests.given.desk import NOW, jpy
from tests.given.events import values_of

PAIR = "eth_usdt"


class Outside:
    """All that a reaction may send to."""

    def __init__(self) -> None:
        self.starter = InProcessStarter()
        self.queue = InMemoryOrderQueue(SimulatedClock(NOW))
        self.notifier = InMemoryNotifier()
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
}


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("words", SENTENCES)
async def test_a_human_hears_one_sentence_of(words):
    outside = Outside()
    await outside.saw(SENTENCES[words])
    assert [words in said for said in outside.notifier.said] == [True]


def test_every_event_that_is_told_has_its_sentence_here():
    assert {type(event) for event in SENTENCES.values()} == TOLD


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
