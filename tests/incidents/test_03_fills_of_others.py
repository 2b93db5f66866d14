"""Fills of other orders were mixed in, or fills were missing.

What happened: the list of transactions ignored the order filter and was cut at a page. Entry
prices were 8-10 times too high, 101 garbage trades followed, and coins were left behind.

What must hold: only the order's own fills are booked, all of them, however many looks it takes.
A fill far off the market is quarantined and told, and nothing is traded on it. Coins held are
coins bought minus coins sold, to the last decimal.
"""

from decimal import Decimal

import pytest

import domain.events as e
from adapters.exchange.simulated.matching import FillAssumptions
from application.errors import InDoubt
from application.ports.exchange import MarketOrder
from tests.given.lines import losing
from tests.given.stage import ETH, SOL, bump, jpy, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


def by_hand(it, pair, amount):
    return it.account.trade_by_hand(MarketOrder(pair, e.Side.BUY, jpy(amount), None))


async def test_trades_of_others_before_beside_and_after_are_not_booked():
    with stage() as it:
        by_hand(it, SOL, 3_000)

        def beside(name):
            if name == "place":
                by_hand(it, ETH, 4_321)

        it.exchange.before = beside
        # the order's answer is lost as well: it has to be told from the others by itself
        it.exchange.after = losing(InDoubt("the answer was lost"), "place")
        await it.ticks(1, eth=0.9)
        by_hand(it, ETH, 2_000)
        await it.ticks(3)
        ours = it.placed[2]
        assert [one.fill for one in await it.events(e.OrderFillReceived)] == ["3-1"]
        (opened,) = await it.events(e.PositionOpened)
        assert opened.quantity == sum(one.quantity for one in ours.fills)
        assert it.held() == opened.quantity + it.account.by_hand(ETH)
        await it.judge_the_end()


@pytest.mark.parametrize("shown_at_once", [1, 2, 5])
async def test_fills_that_come_page_by_page_are_all_booked(shown_at_once):
    with stage(terms=FillAssumptions(parts=9, part_every_ms=100)) as it:
        pages = 0

        def cut(name, answer):
            nonlocal pages
            if name != "fills":
                return answer
            pages += 1
            return answer[: pages * shown_at_once]

        it.exchange.after = cut
        await it.ticks(4, eth=0.9)
        booked = await it.events(e.OrderFillReceived)
        assert [one.fill for one in booked] == [f"1-{n}" for n in range(1, 10)]
        (opened,) = await it.events(e.PositionOpened)
        assert opened.quantity == it.held() == sum(one.quantity for one in booked)
        await it.judge_the_end()


@pytest.mark.parametrize("factor", [Decimal(9), Decimal("0.45"), Decimal("1.51")])
async def test_a_buy_far_off_the_market_is_set_aside_told_and_not_traded_on(factor):
    with stage() as it:

        def mixed(name, answer):
            return tuple(bump(one, factor) for one in answer) if name == "fills" else answer

        it.exchange.after = mixed
        await it.ticks(12, eth=0.9)
        (quarantined,) = await it.events(e.OrderQuarantined)
        assert quarantined.fill == "1-1"
        assert len(it.sent) == 1
        assert await it.kinds("position/") == []
        assert await it.trades() == []
        (told,) = [one for one in it.said if "set aside" in one]
        assert "please look" in told


@pytest.mark.parametrize(("factor", "is_booked"), [("0.84", False), ("0.86", True)])
async def test_a_sale_is_believed_within_15_per_cent(factor, is_booked):
    with stage() as it:
        await it.ticks(8, eth=0.9)

        def lower(name, answer):
            if name != "fills":
                return answer
            return tuple(bump(one, Decimal(factor)) for one in answer)

        it.exchange.after = lower
        it.judging = False  # the price is not the exchange's: its books cannot agree
        await it.ticks(3, eth=-0.9)
        assert len(it.sent) == 2
        assert bool(await it.events(e.PositionClosed)) is is_booked
        assert bool(await it.events(e.OrderQuarantined)) is not is_booked
        assert bool(await it.open()) is not is_booked


async def test_coins_held_are_coins_bought_minus_coins_sold_over_many_trades():
    with stage(terms=FillAssumptions(parts=3, fee=Decimal("0.001"))) as it:
        for _ in range(4):
            await it.ticks(7, eth=0.9, sol=-0.9)
            await it.ticks(7, eth=-0.9, sol=0.9)
        for pair in (ETH, SOL):
            sign = {e.Side.BUY: 1, e.Side.SELL: -1}
            booked = sum(sign[one.side] * one.quantity for one in await it.trades(pair))
            assert (await it.open()).get(pair, Decimal(0)) == booked == it.held(pair)
        assert len(it.sent) >= 8
        await it.judge_the_end()
