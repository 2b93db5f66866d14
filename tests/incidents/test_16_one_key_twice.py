"""Two functions used one API key at once: "Nonce must be incremented".

What must hold: the nonces that the exchange accepts strictly increase, whoever sends; a request
that came too late is turned away, recorded as not sent, and neither lost nor placed twice.
"""

import asyncio
from itertools import pairwise

import pytest

import domain.events as e
from entrypoints.local.trader import Trader
from tests.given.stage import ETH, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


def strictly_increasing(it):
    used = [one.nonce for one in it.placed if one.nonce]
    return all(one < other for one, other in pairwise(used))


async def test_a_request_that_another_function_overtook_is_not_placed_and_not_lost():
    with stage() as it:
        times = 0

        async def overtake(name):
            nonlocal times
            if name == "place" and times < 2:
                times += 1
                await it.account.balances()  # the other function, with the same key

        it.exchange.before = overtake
        await it.ticks(1, eth=0.9)
        assert it.placed == []
        (refused,) = await it.events(e.OrderRefused)
        assert refused.guard == "not_sent"
        assert "nonce" in refused.detail
        assert await it.open() == {}
        await it.ticks(3)
        # the signal is still there: a new order of its own is sent and booked
        assert len(it.sent) == 1
        assert len(await it.events(e.OrderSubmitting)) == 3
        assert await it.open() == {ETH: it.held()}
        assert not [one for one in it.said if "in doubt" in one]
        await it.judge_the_end()


async def test_the_log_names_the_very_nonce_that_each_request_carried():
    with stage() as it:
        await it.ticks(8, eth=0.9)
        await it.ticks(1, eth=-0.9)
        told = [one.nonce for one in await it.events(e.OrderSubmitting)]
        assert told == [one.nonce for one in it.placed]
        assert strictly_increasing(it)


async def test_two_programs_at_once_on_one_key_one_queue_and_one_log():
    """Every call of every port gives the other program its turn."""
    with stage() as it:

        def give_way(name):
            return asyncio.sleep(0)

        for line in (it.exchange, it.store, it.queue, it.market_data):
            line.before = give_way
        first = it.trader
        it.restart()
        second = it.trader
        assert first is not second
        both = _Both([first, second])
        it.trader = both
        for eth, sol in ((0.9, 0.0), (0.9, 0.9), (-0.9, 0.9), (0.9, -0.9)) * 3:
            await it.ticks(4, eth=eth, sol=sol)
        assert len(it.sent) >= 8
        assert strictly_increasing(it)
        # each order reached the exchange at most once, by the nonce on the log
        told = [one.nonce for one in await it.events(e.OrderSubmitting)]
        assert len(set(told)) == len(told)
        assert {one.nonce for one in it.placed} <= set(told)
        for line in (it.exchange, it.store, it.queue, it.market_data):
            line.heal()
        await it.ticks(2, eth=0.0, sol=0.0)
        await it.judge_the_end()


class _Both:
    """Two programs that begin every tick at the same moment."""

    def __init__(self, traders: list[Trader]) -> None:
        self.traders = traders

    async def tick(self, at: int) -> None:
        await asyncio.gather(*(one.tick(at) for one in self.traders))
