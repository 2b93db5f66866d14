"""The breaker stops buying after too many or too large losses; 6 hours later buying resumes."""

import pytest

import domain.events as e
from domain.instant import CANDLE, DAY, HOUR
from tests.given.stage import ETH, EVERY_TICK, SOL, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
FIVE = ("ETH", "BTC", "SOL", "DOGE", "AVAX")
PAUSE = 6 * HOUR // CANDLE
ONE_LOSS = (*EVERY_TICK, "breaker_loss_jpy=500")


async def guards_of_refused_buys(it):
    requests = {one.order: one for one in await it.events(e.OrderRequested)}
    return [
        one.guard
        for one in await it.events(e.OrderRefused)
        if requests[one.order].side is e.Side.BUY
    ]


async def test_the_fifth_loss_in_a_row_trips_it_and_selling_goes_on():
    """Four coins fall through their stops at once, the fifth two ticks later."""
    fall = {}
    for coin in FIVE:
        price = USDT if coin != "DOGE" else 1.0
        fall[f"{coin.lower()}_usdt"] = [*[price] * (8 if coin == "AVAX" else 6), price * 0.94]
    with stage(fall, coins=(*FIVE, "XRP"), cash=200_000) as it:
        for coin in FIVE:
            await it.ticks(1, **{coin.lower(): 0.9})
            await it.ticks(0, **{coin.lower(): 0.0})
        assert len(await it.open()) == 5
        await it.ticks(2)
        assert len(await it.events(e.PositionClosed)) == 4
        assert await it.events(e.CircuitBreakerTripped) == []
        await it.ticks(2)
        (tripped,) = await it.events(e.CircuitBreakerTripped)
        assert (tripped.reason, tripped.losses_in_a_row) == ("losses_in_a_row", 5)
        closed = await it.events(e.PositionClosed)
        assert -tripped.loss_24h.amount == sum(one.gain.amount for one in closed)
        assert len([one for one in it.said if "circuit breaker tripped" in one]) == 1
        assert await it.open() == {}
        await it.ticks(1, eth=0.9)
        assert await guards_of_refused_buys(it) == ["breaker_closed"]
        await it.judge_the_end()


async def test_one_loss_too_large_trips_it_and_a_held_coin_can_still_be_sold():
    with stage({ETH: [USDT, USDT, USDT * 0.94]}, settings=ONE_LOSS) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(1, eth=0.0, sol=0.9)
        await it.ticks(1, sol=0.0)
        (tripped,) = await it.events(e.CircuitBreakerTripped)
        assert (tripped.reason, tripped.losses_in_a_row) == ("loss_24h", 1)
        await it.ticks(8, sol=-0.9)
        closed = await it.events(e.PositionClosed)
        assert [(one.pair, one.reason) for one in closed] == [
            (ETH, e.Reason.STOP_LOSS),
            (SOL, e.Reason.SIGNAL),
        ]
        assert len(await it.events(e.CircuitBreakerTripped)) == 1  # it does not trip twice
        await it.judge_the_end()


async def test_buying_resumes_at_the_first_tick_six_hours_later():
    settings = (*EVERY_TICK, "breaker_losses_in_a_row=2")
    prices = {
        ETH: [USDT, USDT, USDT * 0.94],
        SOL: [USDT, USDT, USDT * 0.94],
    }
    with stage(prices, settings=settings) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(1, eth=0.0, sol=0.9)
        await it.ticks(1, sol=0.0)
        trip = await the_moment_of(it, e.CircuitBreakerTripped)
        tripped_tick = it.at
        await it.ticks(PAUSE, eth=0.9)
        # tripped seconds after its tick: at six hours to the tick it is not over yet
        assert tripped_tick < trip < it.at + CANDLE - 6 * HOUR
        assert it.at == tripped_tick + 6 * HOUR
        assert await it.events(e.CircuitBreakerReset) == []
        assert await guards_of_refused_buys(it) == ["breaker_closed"] * PAUSE
        it.restart()
        await it.ticks(1)
        assert len(await it.events(e.CircuitBreakerReset)) == 1
        assert await the_moment_of(it, e.CircuitBreakerReset) - trip >= 6 * HOUR
        assert len([one for one in it.said if "reset" in one]) == 1
        assert list(await it.open()) == [ETH]  # bought at the very tick of the reset
        await it.judge_the_end()


async def the_moment_of(it, kind):
    async for _, commit in it.book.read_all():
        if any(isinstance(one, kind) for one in commit.events):
            return commit.at
    raise AssertionError(kind)


async def test_losses_of_more_than_a_day_ago_no_longer_count():
    """Two losses of about 870 JPY each, 25 hours apart; the limit is 1,000 within 24."""
    day = DAY // CANDLE
    prices = {
        ETH: [USDT, USDT * 0.94],
        SOL: [*[USDT] * (day + 13), USDT * 0.94],
    }
    settings = (*EVERY_TICK, "breaker_loss_jpy=1000")
    with stage(prices, settings=settings, count=day + 60) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(1, eth=0.0)
        await it.ticks(day + 10)
        await it.ticks(1, sol=0.9)
        await it.ticks(2, sol=0.0)
        closed = await it.events(e.PositionClosed)
        assert len(closed) == 2
        assert all(800 < -one.gain.amount < 1_000 for one in closed)
        assert await it.events(e.CircuitBreakerTripped) == []


async def test_two_such_losses_within_a_day_trip_it():
    prices = {ETH: [USDT, USDT * 0.94], SOL: [*[USDT] * 200, USDT * 0.94]}
    settings = (*EVERY_TICK, "breaker_loss_jpy=1000")
    with stage(prices, settings=settings, count=260) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(1, eth=0.0)
        await it.ticks(190)
        await it.ticks(1, sol=0.9)
        await it.ticks(10, sol=0.0)
        (tripped,) = await it.events(e.CircuitBreakerTripped)
        assert tripped.reason == "loss_24h"
        assert 1_600 < tripped.loss_24h.amount < 2_000
