"""What replaying the incidents brought to light besides: dust for ever, fills twice, of others."""

from decimal import Decimal

import pytest

import domain.events as e
from application.ports.exchange import MarketOrder
from tests.given.stage import ETH, USDT, jpy, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def test_coins_sold_by_hand_then_stop_is_not_asked_for_for_ever():
    with stage({ETH: [USDT, USDT, USDT * 0.93]}) as it:
        await it.ticks(1, eth=0.9)
        half = Decimal("0.07")
        it.account.trade_by_hand(MarketOrder(ETH, e.Side.SELL, None, half))
        it.judging = False
        await it.ticks(12, eth=0.0)
        refused = [one.guard for one in await it.events(e.OrderRefused)]
        assert len(refused) <= 2


async def test_all_coins_sold_by_hand():
    with stage({ETH: [USDT, USDT, USDT * 0.93]}) as it:
        await it.ticks(1, eth=0.9)
        it.account.trade_by_hand(MarketOrder(ETH, e.Side.SELL, None, it.held()))
        it.judging = False
        await it.ticks(12, eth=0.0)
        refused = [one.guard for one in await it.events(e.OrderRefused)]
        assert len(refused) <= 2


async def test_same_fill_twice_in_one_answer():
    with stage() as it:
        it.exchange.after = lambda name, answer: answer * 2 if name == "fills" else answer
        it.judging = False
        await it.ticks(3, eth=0.9)
        assert len(await it.events(e.OrderFillReceived)) == 1


async def test_fills_of_others_in_the_orders_own_list():
    with stage() as it:

        def careless(name, answer):
            if name == "fills":
                return tuple(f for o in it.account.history.values() for f in o.fills)
            return answer

        it.exchange.after = careless
        it.judging = False

        def beside(name):
            if name == "place":
                it.account.trade_by_hand(MarketOrder(ETH, e.Side.BUY, jpy(4000), None))

        it.exchange.before = beside
        await it.ticks(3, eth=0.9)
        (own,) = [o for o in it.placed if o.nonce]
        booked = [f.fill for f in await it.events(e.OrderFillReceived)]
        assert booked == [f.id for f in own.fills]
