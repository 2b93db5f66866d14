"""Take-profit (+10 %) was tested before the trailing stop: its upper tiers could never act.

What must hold: the order of checks is stop-loss, then peak and trailing stop, then take-profit;
and take-profit is a safety valve at +30 %.
"""

import pytest

import domain.events as e
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


def path(*gains_pct):
    """A price that was bought at the first tick and then gained so much."""
    return {ETH: [USDT, *(USDT * (1 + one / 100) for one in gains_pct)]}


async def held_through(it, ticks):
    await it.ticks(1, eth=0.9)
    await it.ticks(ticks, eth=0.0)


@pytest.mark.parametrize(
    ("peak", "factor"), [(4, "0.98"), (6, "0.985"), (10, "0.988"), (13, "0.99"), (25, "0.99")]
)
async def test_every_tier_of_the_trailing_stop_can_act(peak, factor):
    with stage(path(peak / 2, peak, peak * 0.3)) as it:
        await held_through(it, 3)
        (opened,) = await it.events(e.PositionOpened)
        top = (await it.events(e.PeakRaised))[-1]
        stop = (await it.events(e.TrailingStopRaised))[-1]
        assert float(top.peak.amount) == pytest.approx(100_000 * (1 + peak / 100))
        assert float(stop.stop.amount / top.peak.amount) == pytest.approx(float(factor))
        assert stop.stop > opened.entry
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.STOP_LOSS
        assert closed.gain.amount > 0
        assert await it.events(e.TakeProfitHit) == []
        await it.judge_the_end()


async def test_at_10_and_at_29_per_cent_nothing_is_sold():
    with stage(path(10.5, 20, 29.5)) as it:
        await held_through(it, 4)
        assert len(it.sent) == 1
        assert len(await it.events(e.TrailingStopRaised)) == 3


async def test_the_safety_valve_comes_after_peak_and_stop():
    with stage(path(10, 33)) as it:
        await held_through(it, 3)
        kinds = await it.kinds("position/")
        assert kinds == [
            "PositionOpened",
            "PeakRaised", "TrailingStopRaised",
            "PeakRaised", "TrailingStopRaised", "TakeProfitHit",
            "PositionClosed",
        ]  # fmt: skip
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.TAKE_PROFIT
        await it.judge_the_end()


async def test_a_price_under_the_stop_is_a_stop_whatever_the_peak():
    with stage(path(13, -6)) as it:
        await held_through(it, 3)
        (hit,) = await it.events(e.StopLossHit)
        raised = (await it.events(e.TrailingStopRaised))[-1]
        assert hit.stop == raised.stop
        assert len(await it.events(e.PeakRaised)) == 1
        await it.judge_the_end()
