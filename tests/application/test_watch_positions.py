"""Every tick: stops are judged on the price seen, exits asked for once, nothing forgotten."""

from decimal import Decimal

import attrs
import pytest
import pytest_asyncio

from adapters.order_queue.in_memory import InMemoryOrderQueue
from application import policy
from application.errors import Broken, InDoubt, Refused, Retryable
from application.read_models import POSITIONS
from application.trading.execute_order import execute_order
from application.trading.watch_positions import watch_positions
from domain.events import (
    CircuitBreakerReset,
    CircuitBreakerTripped,
    EntryDisbelieved,
    OrderInDoubt,
    OrderRequested,
    PeakRaised,
    PositionOpened,
    Reason,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.identity import exit_id, order_id
from domain.instant import CANDLE, HOUR
from domain.parameters import STANDARD
from tests.given.desk import a_desk, ask, events_of, jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")


class Watch:
    """A desk with an open position entered at 500,000 JPY, and its queue."""

    def __init__(self) -> None:
        self.desk = a_desk()
        self.queue = InMemoryOrderQueue(self.desk.clock)

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
    message = await watch.queue.receive()
    assert message is not None
    await watch.queue.done(message)


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


async def test_a_stop_is_hit_at_the_very_price_and_not_a_yen_over_it(watch):
    assert (await watch.tick(475_001)).commits == ()
    assert isinstance(events_of((await watch.tick(475_000)).commits)[0], StopLossHit)


async def test_the_exit_order_is_a_function_of_position_and_tick(watch):
    at = watch.desk.clock.now()
    request = events_of((await watch.tick(470_000)).commits)[-1]
    origin = exit_id("o1", at)
    assert (request.origin, request.order) == (origin, order_id(origin, "eth_usdt", "sell"))
    assert (request.reason, request.asked_at, request.score) == (Reason.STOP_LOSS, at, None)


async def test_the_exit_order_names_the_hit_as_its_cause_in_the_same_append(watch):
    moved, asked = (await watch.tick(470_000)).commits
    assert asked.causation == f"{moved.stream}@{moved.last_version}"
    assert moved.causation == "position/o1@1"
    assert moved.version == 2


async def test_stops_and_peaks_never_go_down(watch):
    stops, peaks = [], []
    for price in (510_000, 516_000, 512_000, 530_000, 525_000, 545_000, 541_000):
        await watch.tick(price)
        (row,) = await watch.desk.log.tables.flagged(POSITIONS)
        stops.append(row.open.stop.amount)
        peaks.append(row.open.peak.amount)
    assert stops == sorted(stops)
    assert peaks == sorted(peaks)
    assert (stops[-1], peaks[-1]) == (Decimal("538460.000"), 545_000)  # 9 % up: peak x 0.988


async def test_nothing_at_all_is_written_when_the_price_comes_again(watch):
    await watch.tick(520_000)
    before = len(watch.desk.log.store.commits)
    assert (await watch.tick(520_000)).commits == ()
    assert len(watch.desk.log.store.commits) == before


async def test_an_order_that_filled_in_part_is_sent_again_until_it_has_ended(watch):
    exchange = watch.desk.exchange
    request = events_of((await watch.tick(470_000)).commits)[-1]
    (row,) = await watch.desk.log.tables.flagged(POSITIONS)
    exchange.coins["eth_usdt"] = row.open.quantity
    exchange.parts = [Decimal("0.01")] * 2 + [row.open.quantity - Decimal("0.02")]
    exchange.looks = 0
    hasty = attrs.evolve(watch.desk, looks=1)
    for _ in range(3):
        await execute_order(request.order, desk=hasty)
        assert (await watch.tick(300_000)).commits == ()
        message = await watch.queue.receive()
        if message is None:
            break
        await watch.queue.done(message)
    assert exchange.looks == 3
    assert not await watch.desk.log.tables.flagged(POSITIONS)
    assert (await watch.tick(300_000)).commits == ()


async def test_an_order_in_doubt_is_looked_for_again_and_no_other_is_asked_for(watch):
    request = events_of((await watch.tick(470_000)).commits)[-1]
    watch.desk.exchange.coins["eth_usdt"] = Decimal(1)
    watch.desk.exchange.failure = InDoubt("timed out")
    hurried = attrs.evolve(watch.desk, patience_s=0)
    done = events_of(await execute_order(request.order, desk=hurried))
    assert isinstance(done[-1], OrderInDoubt)
    assert (await watch.tick(460_000)).commits == ()
    assert (await watch.queue.receive()).order == request.order
    assert len(watch.desk.exchange.placed) == 2  # the buy and, once, the sell


async def test_a_sale_that_was_refused_is_asked_for_again_at_the_next_tick(watch):
    first = events_of((await watch.tick(470_000)).commits)[-1]
    watch.desk.exchange.coins["eth_usdt"] = Decimal(1)
    watch.desk.exchange.failure = Refused("maintenance")
    await execute_order(first.order, desk=watch.desk)
    watch.desk.clock.move_to(watch.desk.clock.now() + CANDLE)
    second = events_of((await watch.tick(470_000)).commits)[-1]
    assert isinstance(second, OrderRequested)
    assert second.order != first.order


async def test_one_price_that_cannot_be_had_leaves_the_other_positions_judged(watch):
    desk = watch.desk
    other = PositionOpened(
        "p2", "xrp_usdt", "p2", Decimal(10), jpy(300), jpy(3_000), jpy(285), jpy(390), 0
    )
    commit = desk.log.commit("position/p2", 1, [other], at=0, correlation="", causation="")
    await desk.log.append(commit)

    class HalfBlind:
        """Knows the price of XRP alone."""

        async def price(self, pair):
            if pair == "eth_usdt":
                raise Broken("a price of 'null'")
            return jpy(280)

    desk = attrs.evolve(desk, exchange=HalfBlind())
    watched = await watch_positions(
        desk.clock.now(),
        log=desk.log,
        exchange=desk.exchange,
        order_queue=watch.queue,
        policy=policy.STANDARD,
        parameters=STANDARD,
    )
    assert watched.unseen == ("eth_usdt",)
    assert [one.pair for one in events_of(watched.commits)] == ["xrp_usdt", "xrp_usdt"]


async def test_an_order_that_was_given_up_by_the_queue_is_sent_again(watch):
    await watch.tick(470_000)
    await watch.tick(460_000)
    while (message := await watch.queue.receive()) is not None:
        watch.desk.clock.move_to(watch.desk.clock.now() + 180_000)  # its executor died
    (order,) = await watch.queue.dead()
    await watch.tick(460_000)
    message = await watch.queue.receive()
    assert message is not None
    assert (message.order, message.receives) == (order, 1)
    await execute_order(message.order, desk=watch.desk)
    await watch.queue.done(message)
    await watch.tick(460_000)
    assert await watch.queue.receive() is None
