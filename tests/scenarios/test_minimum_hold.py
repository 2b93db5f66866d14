"""A position bought by signal is not sold by signal for 30 minutes, to the second."""

import pytest

import domain.events as e
from domain.instant import CANDLE, MINUTE, SECOND
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def asked_at_age(it, order, age_ms):
    """A SELL by signal on the log and the queue, decided when the position was that old."""
    (opened,) = await it.events(e.PositionOpened)
    asked = opened.opened_at + age_ms
    request = e.OrderRequested(
        order, ETH, e.Side.SELL, e.Reason.SIGNAL, "late", -0.9, opened.position, asked
    )
    log = it.ports.log
    await log.append(
        log.commit(f"order/{order}", 1, [request], at=asked, correlation="late", causation="")
    )
    await it.queue.send(order)


async def test_the_decision_waits_for_the_first_tick_after_30_minutes():
    with stage() as it:
        await it.ticks(1, eth=0.9)
        (opened,) = await it.events(e.PositionOpened)
        await it.ticks(6, eth=-0.9)
        # bought about a second after a tick: six ticks later it is not quite 30 minutes old
        assert 0 < opened.opened_at + 30 * MINUTE - it.at < 5 * SECOND
        assert len(it.sent) == 1
        guards = [
            {one.pair: one for one in decided.refused}[ETH]
            for decided in (await it.events(e.DecisionMade))[1:]
        ]
        assert [one.guard for one in guards] == ["min_hold"] * 6
        assert [one.limit for one in guards] == [1800.0] * 6
        assert guards[-1].value == (it.at - opened.opened_at) / SECOND
        await it.ticks(1)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.SIGNAL
        assert closed.closed_at - opened.opened_at >= 30 * MINUTE
        await it.judge_the_end()


@pytest.mark.parametrize(("age_ms", "is_sold"), [(30 * MINUTE - 1, False), (30 * MINUTE, True)])
async def test_the_execution_knows_it_to_the_millisecond(age_ms, is_sold):
    with stage() as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(5, eth=0.0)
        await asked_at_age(it, "sell-1", age_ms)
        await it.ticks(1)
        assert bool(await it.events(e.PositionClosed)) is is_sold
        refused = [one.guard for one in await it.events(e.OrderRefused)]
        assert refused == ([] if is_sold else ["min_hold"])
        await it.judge_the_end()


@pytest.mark.parametrize("minute", [5, 15, 25])
async def test_a_stop_in_the_meantime_is_sold_at_its_tick(minute):
    ticks = minute * MINUTE // CANDLE
    with stage({ETH: [*[USDT] * ticks, USDT * 0.94]}) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(ticks, eth=0.0)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.STOP_LOSS
        assert it.at <= closed.closed_at < it.at + 5 * SECOND
        await it.judge_the_end()
