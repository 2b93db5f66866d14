"""More was to be sold than was free: fees, dust, and an amount that was rounded up.

What must hold: quantities are rounded down to the coin's decimals and capped at the free balance;
what is left under the coin's minimum is dust: booked, told, and not tried again for ever.
"""

from decimal import Decimal

import attrs
import pytest

import domain.events as e
from adapters.exchange.simulated.matching import FillAssumptions
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
DOGE = "doge_usdt"
FALL = [USDT, USDT * 0.9]


def short_by(pair, coins):
    """The account has that much less of a coin than was bought: the fee was taken in coins."""

    def after(name, answer):
        if name != "balances" or not answer.coins_free[pair]:
            return answer
        free = answer.coins_free | {pair: answer.coins_free[pair] - Decimal(coins)}
        return attrs.evolve(answer, coins_free=free)

    return after


@pytest.mark.parametrize(
    ("pair", "price", "short", "decimals"),
    [(ETH, USDT, "0.000000123456789", 8), (DOGE, 0.5, "0.12345", 2), (DOGE, 0.5, "0.005", 2)],
)
async def test_what_is_sold_is_rounded_down_and_within_what_is_free(pair, price, short, decimals):
    fall = {pair: [price, price * 0.9]}
    with stage(fall, coins=("ETH", "DOGE")) as it:
        it.exchange.after = short_by(pair, short)
        it.opinions.of[pair] = 0.9
        await it.ticks(1)
        bought = it.held(pair)
        it.opinions.of[pair] = 0.0
        await it.ticks(6)
        (_, order) = it.sent
        assert order.quantity <= bought - Decimal(short)
        assert bought - Decimal(short) - order.quantity < Decimal(1).scaleb(-decimals)
        assert order.quantity == round(order.quantity, decimals)
        (closed,) = await it.events(e.PositionClosed)
        assert closed.dust == bought - order.quantity == it.held(pair)
        assert await it.open() == {}
        assert await it.events(e.OrderRefused) == []
        # the dust is in the result: what was paid for it is lost
        (paid, got) = (sum(fill.funds.amount for fill in one.fills) for one in it.placed)
        assert closed.gain.amount == got - paid
        await it.judge_the_end()


async def test_dust_that_is_left_by_a_sale_that_expired_is_booked_and_left_alone():
    """Eleven of twelve parts are sold; the twelfth is under the minimum of a coin."""
    with stage({DOGE: [0.5, 0.5, 0.5, 0.45]}, coins=("ETH", "DOGE"), cash=2_800) as it:
        it.opinions.of[DOGE] = 0.9
        await it.ticks(1)
        bought = it.held(DOGE)
        assert 9 < bought < 12
        it.opinions.of[DOGE] = 0.0
        it.account._terms = FillAssumptions(parts=12, part_every_ms=1, parts_filled=11)
        await it.ticks(12)
        assert len(it.sent) == 2
        (closed,) = await it.events(e.PositionClosed)
        assert 0 < closed.dust == it.held(DOGE) < 1
        assert [one for one in it.said if one.startswith("closed")] != []
        assert await it.kinds("order/") == [
            "OrderRequested", "OrderSubmitting", "OrderPlaced", "OrderFillReceived", "OrderFilled",
            "OrderRequested", "OrderSubmitting", "OrderPlaced",
            *["OrderFillReceived"] * 11, "OrderExpired",
        ]  # fmt: skip
        await it.judge_the_end()


async def test_a_rest_that_can_be_sold_is_sold_at_the_next_tick():
    with stage({ETH: FALL}) as it:
        await it.ticks(1, eth=0.9)
        it.account._terms = FillAssumptions(parts=4, part_every_ms=1, parts_filled=1)
        await it.ticks(1, eth=0.0)
        (reduced,) = await it.events(e.PositionReduced)
        assert (await it.open())[ETH] == it.held() > 0
        it.account._terms = FillAssumptions()
        await it.ticks(2)
        assert [one.side for one in it.sent] == ["buy", "sell", "sell"]
        (closed,) = await it.events(e.PositionClosed)
        assert reduced.quantity + closed.quantity == it.placed[0].fills[0].quantity
        assert it.held() == 0
        await it.judge_the_end()
