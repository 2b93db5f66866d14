"""A buy signal is good for less than 10 minutes; a sale has no such limit."""

import pytest

import domain.events as e
from application.errors import Retryable
from domain.instant import CANDLE, MINUTE
from tests.given.lines import failing
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
DOWN = Retryable("the queue does not answer")


@pytest.mark.parametrize(
    ("late_ms", "is_bought"), [(10 * MINUTE - 1, True), (10 * MINUTE, False), (11 * MINUTE, False)]
)
async def test_a_buy_that_comes_to_its_turn_too_late_is_dropped_and_said(late_ms, is_bought):
    with stage() as it:
        await it.ticks(1)
        request_at = it.at + CANDLE - late_ms  # its turn comes at the next tick
        request = e.OrderRequested(
            "late", ETH, e.Side.BUY, e.Reason.SIGNAL, "a1", 0.5, None, request_at
        )
        log = it.ports.log
        await log.append(
            log.commit("order/late", 1, [request], at=request_at, correlation="", causation="")
        )
        await it.ticks(1)
        assert bool(it.sent) is is_bought
        guards = [one.guard for one in await it.events(e.OrderRefused)]
        assert guards == ([] if is_bought else ["signal_age_s"])
        await it.judge_the_end()


@pytest.mark.parametrize(("ticks_down", "is_bought"), [(1, True), (2, False)])
async def test_a_queue_that_is_down_for_a_while(ticks_down, is_bought):
    with stage() as it:
        it.queue.before = failing(DOWN, "receive")
        await it.ticks(1, eth=0.9)
        await it.ticks(ticks_down - 1, eth=0.0)
        it.queue.heal()
        await it.ticks(2, eth=0.0)
        assert bool(it.sent) is is_bought
        refused = await it.events(e.OrderRefused)
        assert [one.guard for one in refused] == ([] if is_bought else ["signal_age_s"])
        # a refusal frees the pair: the next good signal is bought
        await it.ticks(1, eth=0.9)
        assert len(it.sent) == 1
        assert await it.open() == {ETH: it.held()}
        await it.judge_the_end()


async def test_a_stop_that_waited_for_an_hour_is_sold_all_the_same():
    with stage({ETH: [USDT, USDT * 0.94]}) as it:
        await it.ticks(1, eth=0.9)
        it.queue.before = failing(DOWN)
        await it.ticks(12, eth=0.0)
        assert len(await it.events(e.OrderRequested)) == 2
        it.queue.heal()
        await it.ticks(1)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.STOP_LOSS
        await it.judge_the_end()
