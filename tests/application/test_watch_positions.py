"""Every tick: stops are judged on the price seen, exits asked for once, nothing forgotten."""

from decimal import Decimal

import pytest
import pytest_asyncio

from adapters.order_queue.in_memory import InMemoryOrderQueue
from application import policy
from application.errors import Retryable
from application.read_models import POSITIONS
from application.trading.execute_order import execute_order
from application.trading.watch_positions import watch_positions
from domain.events import (
    CircuitBreakerReset,
    CircuitBreakerTripped,
    EntryDisbelieved,
    OrderRequested,
    PeakRaised,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.instant import HOUR
from domain.parameters import STANDARD
from tests.given.desk import a_desk, ask, events_of, jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")


class Watch:
    """A desk with an open position entered at 500,000 JPY, and its queue."""

    def __init__(self) -> None:
        self.desk = a_desk()
        self.queue = InMemoryOrderQueue()

    async def open(self) -> None:
        await execute_order(await ask(self.desk), desk=self.desk)

    async def tick(self, price: int | None = None):
        if price is not None:
            self.desk.exchange.last = Decimal(price)
        return await watch_positions(
            self.desk.clock.now(),
            log=self.desk.log,
            exchange=self.desk.exchange,
            order_queue=self.queue,
            policy=policy.STANDARD,
            parameters=STANDARD,
        )


@pytest_asyncio.fixture
async def watch() -> Watch:
    """One open position."""
    made = Watch()
    await made.open()
    return made


async def test_nothing_happens_between_stop_and_peak(watch):
    assert (await watch.tick(490_000)).commits == ()


async def test_a_stop_that_is_hit_asks_for_the_sale_in_the_same_tick(watch):
    hit, request = events_of((await watch.tick(475_000)).commits)
    assert isinstance(hit, StopLossHit)
    assert isinstance(request, OrderRequested)
    assert request.position == hit.position


async def test_a_gap_through_the_stop_says_both_prices(watch):
    hit = events_of((await watch.tick(400_000)).commits)[0]
    assert (hit.price, hit.stop) == (jpy(400_000), jpy(475_000))


async def test_the_peak_is_raised_before_the_stop(watch):
    kinds = [type(one) for one in events_of((await watch.tick(520_000)).commits)]
    assert kinds == [PeakRaised, TrailingStopRaised]
    (row,) = await watch.desk.log.tables.flagged(POSITIONS)
    assert row.open.stop == jpy(509_600)
    assert (await watch.tick(515_000)).commits == ()
    assert isinstance(events_of((await watch.tick(509_600)).commits)[0], StopLossHit)


async def test_the_safety_valve_comes_last(watch):
    kinds = [type(one) for one in events_of((await watch.tick(650_000)).commits)]
    assert kinds == [PeakRaised, TrailingStopRaised, TakeProfitHit, OrderRequested]


async def test_an_entry_that_cannot_be_believed_is_reported_and_kept(watch):
    (event,) = events_of((await watch.tick(300_000)).commits)
    assert isinstance(event, EntryDisbelieved)


async def test_an_order_under_way_is_sent_again_and_not_asked_for_twice(watch):
    await watch.tick(470_000)
    assert await watch.queue.receive() is None, (
        "the reaction sends the first message, not the watch"
    )
    assert (await watch.tick(460_000)).commits == ()
    assert await watch.queue.receive() is not None


async def test_a_price_that_cannot_be_had_is_asked_for_again_at_the_next_tick(watch):
    class Silent:
        async def price(self, pair: str):
            raise Retryable(pair)

    exchange = watch.desk.exchange
    watched = await watch_positions(
        watch.desk.clock.now(),
        log=watch.desk.log,
        exchange=Silent(),
        order_queue=watch.queue,
        policy=policy.STANDARD,
        parameters=STANDARD,
    )
    assert watched.unseen == ("eth_usdt",)
    assert exchange.last == 500_000
    assert isinstance(events_of((await watch.tick(470_000)).commits)[0], StopLossHit)


async def test_the_breaker_resets_after_six_hours_and_not_before(watch):
    desk = watch.desk
    tripped = CircuitBreakerTripped("losses_in_a_row", jpy(1_000), 5)
    at = desk.clock.now()
    commit = desk.log.commit("breaker", 1, [tripped], at=at, correlation="o", causation="")
    await desk.log.append(commit)
    desk.clock.move_to(at + 6 * HOUR - 1)
    assert (await watch.tick()).commits == ()
    desk.clock.move_to(at + 6 * HOUR)
    (event,) = events_of((await watch.tick()).commits)
    assert isinstance(event, CircuitBreakerReset)
    assert (await watch.tick()).commits == ()
