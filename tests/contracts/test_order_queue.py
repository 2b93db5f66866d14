"""What every order queue promises; a plug joins with one line in QUEUES."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.order_queue.in_memory import InMemoryOrderQueue
from application.ports.order_queue import OrderQueue

QUEUES: dict[str, Callable[[], OrderQueue]] = {"in_memory": InMemoryOrderQueue}
every_queue = pytest.mark.parametrize("make", QUEUES.values(), ids=QUEUES)
Make = Callable[[], OrderQueue]
ids = st.lists(st.text(min_size=1, max_size=4), max_size=12)


async def _sent(queue: OrderQueue, orders: list[str]) -> None:
    for order in orders:
        await queue.send(order)


async def _drained(queue: OrderQueue) -> list[str]:
    taken = []
    while (order := await queue.receive()) is not None:
        taken.append(order)
    return taken


@every_queue
def test_an_empty_queue_gives_none(make: Make) -> None:
    assert asyncio.run(make().receive()) is None


@every_queue
@given(orders=ids)
def test_every_order_comes_out_and_in_the_order_sent(make: Make, orders: list[str]) -> None:
    async def card() -> list[str]:
        queue = make()
        await _sent(queue, orders)
        return await _drained(queue)

    taken = asyncio.run(card())
    # at least once: a doubled message may come, a lost one may not
    assert list(dict.fromkeys(taken)) == list(dict.fromkeys(orders))


@every_queue
def test_an_order_can_be_sent_again_after_it_was_taken(make: Make) -> None:
    async def card() -> None:
        queue = make()
        await queue.send("a")
        assert await queue.receive() == "a"
        await _sent(queue, ["b", "a"])
        assert await _drained(queue) == ["b", "a"]

    asyncio.run(card())


def test_in_memory_an_order_that_waits_is_no_second_message() -> None:
    async def card() -> list[str]:
        queue = InMemoryOrderQueue()
        await _sent(queue, ["a", "b", "a", "a"])
        return await _drained(queue)

    assert asyncio.run(card()) == ["a", "b"]
