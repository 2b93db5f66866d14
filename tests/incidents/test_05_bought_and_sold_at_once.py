"""One batch held a BUY and a SELL for the same coin: it was bought, then sold at once.

What must hold: a SELL by signal of a position younger than the minimum hold (30 minutes) is
refused when it is executed, too, whoever asked for it. A stop-loss and a take-profit are not.
"""

import attrs
import pytest

import domain.events as e
from application import policy
from domain.instant import MINUTE
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def the_other_half_of_the_batch(it, reason=e.Reason.SIGNAL):
    """A SELL for the position just opened, decided together with its BUY."""
    (opened,) = await it.events(e.PositionOpened)
    request = e.OrderRequested(
        "batch-sell", ETH, e.Side.SELL, reason, "batch", -0.9, opened.position, it.at
    )
    log = it.ports.log
    await log.append(
        log.commit("order/batch-sell", 1, [request], at=it.at, correlation="batch", causation="")
    )
    await it.queue.send("batch-sell")


async def test_the_sell_of_the_same_batch_is_refused_at_execution():
    with stage() as it:
        await it.ticks(1, eth=0.9)
        await the_other_half_of_the_batch(it)
        await it.ticks(1)
        (refused,) = await it.events(e.OrderRefused)
        assert (refused.order, refused.guard) == ("batch-sell", "min_hold")
        assert "1800" in refused.detail
        assert len(it.sent) == 1
        assert await it.open() == {ETH: it.held()}
        await it.judge_the_end()


async def test_a_policy_that_wants_to_sell_what_it_just_bought_is_stopped_as_well():
    """Even where the decision knows no minimum hold, the execution does."""

    def eager(scored, holdings, busy, limits, now, p):
        return policy.STANDARD.decide(
            scored, holdings, busy, limits, now, attrs.evolve(p, min_hold_s=0)
        )

    with stage(policy=attrs.evolve(policy.STANDARD, decide=eager)) as it:
        await it.ticks(1, eth=0.9)
        (opened,) = await it.events(e.PositionOpened)
        await it.ticks(8, eth=-0.9)
        refused = [one for one in await it.events(e.OrderRefused) if one.guard == "min_hold"]
        assert len(refused) == 6
        (closed,) = await it.events(e.PositionClosed)
        requests = {one.order: one for one in await it.events(e.OrderRequested)}
        assert requests[closed.order].asked_at - opened.opened_at >= 30 * MINUTE
        await it.judge_the_end()


async def test_a_stop_loss_does_not_wait():
    with stage({ETH: [USDT, USDT * 0.9]}) as it:
        await it.ticks(2, eth=0.9)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.STOP_LOSS
        (opened,) = await it.events(e.PositionOpened)
        assert closed.closed_at - opened.opened_at < 6 * MINUTE
        await it.judge_the_end()


async def test_a_take_profit_does_not_wait():
    with stage({ETH: [USDT, USDT * 1.35]}) as it:
        await it.ticks(2, eth=0.9)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.TAKE_PROFIT
        await it.judge_the_end()
