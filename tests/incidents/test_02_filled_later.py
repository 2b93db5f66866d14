"""The answer to a market order tells neither amount nor rate; fills come later, one by one.

What happened: responses carried `amount: null, rate: null`, and were booked as they were.

What must hold: placing and filling are two events. The position opens once, when the order has
ended, at the quantity that was filled and its volume-weighted price in JPY.
"""

from decimal import Decimal

import attrs
import pytest

import domain.events as e
from adapters.exchange.simulated.matching import FillAssumptions
from application.errors import Retryable
from domain.instant import MINUTE
from tests.given.lines import failing
from tests.given.stage import ETH, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
SLOW = FillAssumptions(parts=3, part_every_ms=4 * MINUTE)
"""Three parts, of which the second and the third meet another price."""


async def test_the_position_opens_once_at_what_was_filled_in_all():
    with stage({ETH: [1_000.0, 1_020.0, 1_040.0]}, terms=SLOW) as it:
        await it.ticks(1, eth=0.9)
        assert await it.kinds("order/") == [
            "OrderRequested", "OrderSubmitting", "OrderPlaced", "OrderFillReceived",
        ]  # fmt: skip
        assert await it.open() == {}
        await it.ticks(3, eth=0.0)
        fills = it.placed[0].fills
        assert len(fills) == 3
        assert len({one.price for one in fills}) > 1
        quantity = sum(one.quantity for one in fills)
        funds = sum(one.funds.amount for one in fills)
        (opened,) = await it.events(e.PositionOpened)
        assert (opened.quantity, opened.entry.amount) == (quantity, funds / quantity)
        assert opened.entry.amount != sum(one.price.amount for one in fills) / 3
        assert opened.cost.amount == funds
        (trade,) = await it.trades()
        assert (trade.quantity, trade.funds.amount) == (quantity, funds)
        await it.judge_the_end()


async def test_placing_says_nothing_of_amount_or_rate():
    """The answer is an id and nothing else; until the first look nothing is booked."""
    with stage() as it:
        it.exchange.before = failing(Retryable("HTTP 503"), "order", "fills", times=5)
        await it.ticks(1, eth=0.9)
        (placed,) = await it.events(e.OrderPlaced)
        assert set(attrs.asdict(placed)) == {"order", "pair", "exchange_id"}
        assert await it.open() == {}
        await it.ticks(1)
        (filled,) = await it.events(e.OrderFilled)
        assert filled.quantity == it.held() > Decimal(0)
        assert await it.open() == {ETH: it.held()}
        await it.judge_the_end()


async def test_fills_shown_late_are_waited_for_and_booked_once():
    """The exchange says that the order has ended, and shows no fill of it for two ticks."""
    with stage() as it:
        until = it.clock.now() + 8 * MINUTE

        def hide(name, answer):
            return () if name == "fills" and it.clock.now() < until else answer

        it.exchange.after = hide
        await it.ticks(2, eth=0.9)
        assert await it.kinds("position/") == []
        assert not await it.events(e.OrderExpired)
        await it.ticks(2)
        assert await it.open() == {ETH: it.held()}
        assert len(it.sent) == 1
        await it.judge_the_end()
