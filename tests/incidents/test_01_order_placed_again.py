"""A market order was accepted, its answer was not readable, and the message came again.

What happened: `Decimal("None")` raised while the position was saved; the queue delivered the
message once more, and the order was placed again.

What must hold: the intent is on the log before the request leaves; an order whose outcome is
unknown is in doubt and looked for; whoever works on it again adopts it, and nothing is sent twice.
"""

from decimal import Decimal, InvalidOperation

import pytest

import domain.events as e
from application.errors import Broken, InDoubt
from tests.given.lines import losing
from tests.given.stage import ETH, Stage, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def bought_once(it: Stage) -> None:
    """One order on the exchange's history, adopted, booked and told of once."""
    (order,) = it.sent
    (adopted,) = await it.events(e.OrderAdopted)
    assert adopted.exchange_id == "1"
    (opened,) = await it.events(e.PositionOpened)
    assert opened.quantity == it.held() == sum(one.quantity for one in it.placed[0].fills) > 0
    (trade,) = await it.trades()
    assert (trade.asked, trade.exchange_id) == (order.amount.amount, "1")
    await it.judge_the_end()


@pytest.mark.parametrize(
    "failure",
    [
        Broken("amount: Decimal('None') is no number"),
        InDoubt("the answer ended in the middle"),
    ],
)
async def test_an_answer_that_cannot_be_read_leads_to_looking_not_to_sending(failure):
    with stage() as it:
        it.exchange.after = losing(failure, "place")
        await it.ticks(1, eth=0.9)
        await bought_once(it)  # in the very tick: a handler that raised would leave it to the next
        await it.ticks(3)
        await bought_once(it)
        assert len([one for one in it.said if "in doubt" in one]) == 1


async def test_the_handler_raises_and_the_queue_delivers_the_message_again():
    with stage() as it:
        it.exchange.after = losing(InvalidOperation("Decimal('None')"), "place")
        with pytest.raises(InvalidOperation):
            await it.ticks(1, eth=0.9)
        assert await it.kinds("order/") == ["OrderRequested", "OrderSubmitting"]
        it.restart()
        # the message is in flight for three minutes, then it comes again by itself
        await it.clock.sleep(200)
        message = await it.queue.port.receive()
        assert message.receives == 2
        await it.ticks(3)
        await bought_once(it)
        assert it.exchange.calls["place"] == 1


async def test_a_message_that_comes_again_after_all_is_done_changes_nothing():
    with stage() as it:
        await it.ticks(1, eth=0.9)
        (request,) = await it.events(e.OrderRequested)
        for _ in range(3):
            await it.queue.send(request.order)
            await it.ticks()
        assert len(it.sent) == 1
        assert len(await it.events(e.OrderSubmitting)) == 1
        assert await it.open() == {ETH: it.held()}
        await it.judge_the_end()


async def test_the_intent_is_on_the_log_before_the_request_leaves():
    with stage() as it:
        seen = []

        def look(name):
            if name == "place":
                commit = it.book.commits[-1]
                seen.append((commit.events, it.placed[:]))

        it.exchange.before = look
        await it.ticks(1, eth=0.9)
        ((events, placed),) = seen
        assert placed == []
        (intent,) = events
        assert isinstance(intent, e.OrderSubmitting)
        (order,) = it.placed
        assert (intent.amount, intent.nonce) == (order.order.amount, order.nonce)
        assert intent.amount.amount > Decimal(0)
