"""Maintenance: for an hour the exchange answers 5xx, or a page of HTML.

What must hold: nothing crashes; one alert, then quiet, then an all-clear; stops are checked again
at the first tick that it answers, and what fell through its stop meanwhile is sold at once.
"""

import pytest

import domain.events as e
from application.errors import Broken, InDoubt, Retryable
from tests.given.lines import failing
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
HOUR = 12
"""In ticks."""
BEFORE = 3
FALL = {ETH: [*[USDT] * (BEFORE + 4), USDT * 0.93]}
"""It falls through the stop a while after the maintenance has begun."""
PAGES = [
    Retryable("HTTP 503: <html><h1>Maintenance</h1></html>"),
    Broken("the body is no JSON: <html><h1>Maintenance</h1></html>"),
]


@pytest.mark.parametrize("page", PAGES)
async def test_one_alert_then_quiet_then_the_stop_is_sold_and_an_all_clear(page):
    with stage(FALL) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(BEFORE - 1, eth=0.0)
        told = len(it.said)
        it.exchange.before = failing(page)
        await it.ticks(HOUR)
        (alert,) = it.said[told:]
        assert alert.startswith("watching positions fails")
        assert len(it.sent) == 1
        assert await it.events(e.StopLossHit) == []

        it.exchange.heal()
        await it.ticks(1)
        (hit,) = await it.events(e.StopLossHit)
        (closed,) = await it.events(e.PositionClosed)
        assert hit.price < hit.stop
        requested = (await it.events(e.OrderRequested))[-1]
        assert requested.asked_at == it.at  # at the very first tick that it answered
        assert closed.reason is e.Reason.STOP_LOSS
        clear = [one for one in it.said if one == "watching positions works again"]
        assert len(clear) == 1
        await it.ticks(3)
        assert len([one for one in it.said if "fails" in one or "works again" in one]) == 2
        await it.judge_the_end()


@pytest.mark.parametrize("page", PAGES)
async def test_a_stop_asked_for_as_it_goes_down_is_sold_as_soon_as_it_answers(page):
    """The price was still seen; then, before the order could be sent, nothing answers."""
    with stage({ETH: [USDT, USDT * 0.93]}) as it:
        await it.ticks(1, eth=0.9)
        it.exchange.before = failing(page, "quote", "balances", "place", "order", "fills")
        await it.ticks(HOUR, eth=0.0)
        assert len(await it.events(e.StopLossHit)) == 1  # asked for once, not at every tick
        assert len(it.sent) == 1
        it.exchange.heal()
        await it.ticks(1)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.closed_at - it.at < 5_000
        assert len(it.sent) == 2
        await it.judge_the_end()


@pytest.mark.parametrize("page", PAGES)
async def test_an_order_under_way_is_booked_when_it_answers_again(page):
    with stage() as it:
        it.exchange.before = failing(page, "order", "fills", "account_fills", "open_orders")
        await it.ticks(HOUR, eth=0.9)
        assert await it.open() == {}
        assert len(it.sent) == 1
        it.exchange.heal()
        await it.ticks(1)
        assert await it.open() == {ETH: it.held()}
        assert len(it.sent) == 1
        await it.judge_the_end()


async def test_an_order_whose_answer_is_lost_as_it_goes_down_is_no_proof_of_anything():
    with stage() as it:

        def down(name):
            # the order gets there, and that is the last that is heard for an hour
            if name != "place" and it.exchange.calls["place"]:
                raise PAGES[0]

        def lost(name, answer):
            if name == "place":
                raise InDoubt("HTTP 502: <html>bad gateway</html>")
            return answer

        it.exchange.before, it.exchange.after = down, lost
        await it.ticks(HOUR, eth=0.9)
        kinds = await it.kinds("order/")
        assert kinds == ["OrderRequested", "OrderSubmitting", "OrderInDoubt"]
        assert it.exchange.calls["place"] == 1
        it.exchange.heal()
        await it.ticks(1)
        (adopted,) = await it.events(e.OrderAdopted)
        assert adopted.exchange_id == "1"
        assert await it.open() == {ETH: it.held()}
        await it.judge_the_end()


async def test_signals_of_the_hour_are_not_bought_on_when_it_is_over():
    with stage() as it:
        it.exchange.before = failing(PAGES[0])
        await it.ticks(HOUR, eth=0.9)
        assert await it.events(e.OrderSubmitting) == []
        it.exchange.heal()
        it.opinions.of[ETH] = 0.0
        await it.ticks(2)
        (refused,) = await it.events(e.OrderRefused)
        assert refused.guard == "signal_age_s"
        assert it.sent == []
        await it.judge_the_end()


async def test_candles_and_log_out_for_an_hour_crash_nothing_either():
    with stage(FALL) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(BEFORE - 1, eth=0.0)
        told = len(it.said)
        it.market_data.before = it.store.before = failing(PAGES[0])
        await it.ticks(HOUR)
        alerts = it.said[told:]
        assert len(alerts) == len(set(alerts)) <= 3
        assert all("fails" in one for one in alerts)
        it.market_data.heal()
        it.store.heal()
        await it.ticks(2)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.reason is e.Reason.STOP_LOSS
        cleared = [one for one in it.said if "works again" in one]
        assert len(cleared) == len(alerts)
        # every candle of the hour was made up for
        opened = [one.candle.open_time for one in await it.events(e.PriceCollected)]
        assert len(opened) == 2 * (BEFORE + HOUR + 2)
        await it.judge_the_end()
