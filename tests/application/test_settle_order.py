"""What a human says about an order that evidence cannot settle."""

import attrs
import pytest

from application.errors import InDoubt, InputError
from application.read_models import ANALYSIS_STATE, POSITIONS
from application.trading.execute_order import execute_order
from application.trading.settle_order import Ruling, settle_order
from tests.given.desk import a_desk, ask, events_of

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def in_doubt():
    """A desk with an order whose answer was lost and that nobody looked for."""
    desk = attrs.evolve(a_desk(), patience_s=0)
    desk.exchange.failure = InDoubt("timed out")
    order = await ask(desk)
    await execute_order(order, desk=desk)
    return desk, order


def settled(desk, order, ruling, reason="seen on the website", exchange_id=None):
    return settle_order(
        order, ruling, reason, exchange_id=exchange_id, log=desk.log, clock=desk.clock
    )


async def test_an_adopted_order_is_booked_by_the_next_message():
    desk, order = await in_doubt()
    await settled(desk, order, Ruling.ADOPT, exchange_id="1")
    done = events_of(await execute_order(order, desk=desk))
    assert [type(one).__name__ for one in done][-2:] == ["OrderFilled", "PositionOpened"]
    assert len(desk.exchange.placed) == 1


async def test_an_abandoned_order_frees_its_pair():
    desk, order = await in_doubt()
    assert await desk.log.tables.flagged(ANALYSIS_STATE)
    (event,) = events_of(await settled(desk, order, Ruling.ABANDON))
    assert event.reason == "seen on the website"
    assert not await desk.log.tables.flagged(ANALYSIS_STATE)
    assert await execute_order(order, desk=desk) == ()


async def test_a_released_fill_is_booked_as_it_is():
    desk = a_desk()
    order = await ask(desk)
    price = desk.exchange.last
    desk = attrs.evolve(desk, exchange=_Strange(desk.exchange))
    await execute_order(order, desk=desk)
    assert not await desk.log.tables.flagged(POSITIONS)
    await settled(desk, order, Ruling.RELEASE)
    await execute_order(order, desk=desk)
    (row,) = await desk.log.tables.flagged(POSITIONS)
    assert row.open.entry.amount == price * 3


class _Strange:
    """Another exchange, whose fills are told at three times their price."""

    def __init__(self, exchange):
        self._exchange = exchange

    def __getattr__(self, name):
        return getattr(self._exchange, name)

    async def fills(self, exchange_id, since):
        return tuple(
            attrs.evolve(one, price=one.price * 3, funds=one.funds * 3)
            for one in await self._exchange.fills(exchange_id, since)
        )


@pytest.mark.parametrize(
    ("order", "ruling", "reason", "exchange_id", "named"),
    [
        ("nobody", Ruling.ABANDON, "x", None, "nobody"),
        ("o1", Ruling.ABANDON, "  ", None, "--because"),
        ("o1", Ruling.ADOPT, "x", None, "--adopt"),
        ("o1", Ruling.ABANDON, "x", "7", "--adopt"),
        ("o1", Ruling.RELEASE, "x", None, "in_doubt"),
    ],
)
async def test_a_word_that_makes_no_sense_is_refused(order, ruling, reason, exchange_id, named):
    desk, _ = await in_doubt()
    before = await desk.log.store.version("order/o1")
    with pytest.raises(InputError, match=named):
        await settled(desk, order, ruling, reason, exchange_id)
    assert await desk.log.store.version("order/o1") == before
