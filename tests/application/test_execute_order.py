"""One order from request to booked position: sent once, whatever goes wrong."""

from decimal import Decimal

import attrs
import pytest

from application.errors import Broken, InDoubt, Refused
from application.ports.exchange import PlacedState
from application.read_models import ANALYSIS_STATE, BREAKER, BREAKER_KEY, POSITIONS, TRADES
from application.trading.execute_order import execute_order
from domain.events import (
    CircuitBreakerTripped,
    OrderExpired,
    OrderFilled,
    OrderFillReceived,
    OrderInDoubt,
    OrderPlaced,
    OrderRefused,
    OrderSubmitting,
    PositionClosed,
    PositionOpened,
    PositionReduced,
    Reason,
    Side,
)
from domain.instant import MINUTE
from domain.parameters import STANDARD
from tests.given.desk import PAIR, a_desk, ask, events_of, jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")


def kinds(commits) -> list[type]:
    """The types of all events, in order."""
    return [type(event) for event in events_of(commits)]


async def opened(desk, order: str = "o1") -> str:
    """An open position of 60 % of what is free."""
    await execute_order(await ask(desk, order), desk=desk)
    (row,) = await desk.log.tables.flagged(POSITIONS)
    desk.exchange.coins[PAIR] = row.open.quantity
    return row.position_id


async def test_intent_is_on_the_log_before_the_order_leaves_and_all_is_booked_in_one_append():
    desk = a_desk()
    done = await execute_order(await ask(desk), desk=desk)
    booked = [OrderFillReceived, OrderFilled, PositionOpened]
    assert kinds(done) == [OrderSubmitting, OrderPlaced, *booked]
    assert [kinds([one]) for one in done][-2:] == [booked[:2], booked[2:]]
    (row,) = await desk.log.tables.flagged(POSITIONS)
    assert row.open.stop == row.open.entry * Decimal("0.95")
    assert not await desk.log.tables.flagged(ANALYSIS_STATE)


async def test_a_buy_spends_whole_yen_of_what_is_free_beyond_the_reserve():
    desk = a_desk(attrs.evolve(STANDARD, max_position_jpy=1_000_000))
    await execute_order(await ask(desk), desk=desk)
    assert desk.exchange.placed[0].amount == jpy(59_400)  # 60 % of 99,000


async def test_no_amount_is_used_twice_within_a_day():
    desk = a_desk()
    position = await opened(desk)
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    await execute_order("s1", desk=desk)
    desk.exchange.coins.clear()
    await opened(desk, "o2")
    bought = [one.amount for one in desk.exchange.placed if one.amount is not None]
    assert bought == [jpy(15_000), jpy(14_999)]


async def test_a_message_that_comes_again_changes_nothing():
    desk = a_desk()
    order = await ask(desk)
    await execute_order(order, desk=desk)
    assert await execute_order(order, desk=desk) == ()
    assert len(desk.exchange.placed) == 1


async def test_an_order_found_half_sent_is_in_doubt_and_never_sent_again():
    desk = a_desk()
    order = await ask(desk)
    (submitting,) = events_of(await execute_order(order, desk=desk))[:1]
    crashed = a_desk()
    await ask(crashed)
    commit = crashed.log.commit(
        f"order/{order}",
        2,
        [submitting],
        at=crashed.clock.now(),
        correlation="a1",
        causation=f"order/{order}@1",
    )
    await crashed.log.append(commit)
    assert kinds(await execute_order(order, desk=crashed)) == [OrderInDoubt]
    assert await execute_order(order, desk=crashed) == ()
    assert crashed.exchange.placed == []


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (InDoubt("timed out"), OrderInDoubt),
        (Broken("no id in the answer"), OrderInDoubt),
        (Refused("insufficient funds"), OrderRefused),
    ],
)
async def test_what_the_exchange_answers_decides_how_it_goes_on(failure, kind):
    desk = a_desk()
    desk.exchange.failure = failure
    order = await ask(desk)
    assert kinds(await execute_order(order, desk=desk)) == [OrderSubmitting, kind]
    await execute_order(order, desk=desk)
    assert len(desk.exchange.placed) == 1


async def test_parts_are_booked_as_they_come_and_the_position_opens_once():
    desk = a_desk(looks=1)
    desk.exchange.parts = [Decimal("0.01"), Decimal("0.012"), Decimal("0.008")]
    order = await ask(desk)
    done = [*await execute_order(order, desk=desk)]
    done += await execute_order(order, desk=desk)
    done += await execute_order(order, desk=desk)
    assert kinds(done).count(OrderFillReceived) == 3
    (position,) = [event for event in events_of(done) if isinstance(event, PositionOpened)]
    assert position.quantity == Decimal("0.030")


async def test_an_order_that_expires_empty_opens_nothing():
    desk = a_desk()
    desk.exchange.parts, desk.exchange.ends = [], PlacedState.EXPIRED
    done = await execute_order(await ask(desk), desk=desk)
    assert kinds(done) == [OrderSubmitting, OrderPlaced, OrderExpired]
    assert not await desk.log.tables.flagged(POSITIONS)


GUARDS = {
    "signal_age_s": lambda desk: desk.clock.move_to(desk.clock.now() + 10 * MINUTE),
    "spread_pct": lambda desk: setattr(desk.exchange, "spread", Decimal("0.03")),
    "coins_held": lambda desk: desk.exchange.coins.update({PAIR: Decimal(1)}),
    "size": lambda desk: setattr(desk.exchange, "jpy_free", jpy(1_100)),
    "sellable": lambda desk: setattr(desk.exchange, "last", Decimal(20_000_000)),
}


@pytest.mark.parametrize("guard", GUARDS)
async def test_a_guard_stops_a_buy_before_anything_is_sent(guard):
    desk = a_desk()
    order = await ask(desk)
    GUARDS[guard](desk)
    (refused,) = events_of(await execute_order(order, desk=desk))
    assert isinstance(refused, OrderRefused)
    assert refused.guard == guard
    assert desk.exchange.placed == []


async def test_a_second_position_of_a_pair_is_refused():
    desk = a_desk()
    await opened(desk)
    desk.exchange.coins.clear()
    (refused,) = events_of(await execute_order(await ask(desk, "o2"), desk=desk))
    assert refused.guard == "open_positions"


async def test_a_young_position_is_not_sold_by_a_signal_but_by_its_stop():
    desk = a_desk()
    position = await opened(desk)
    await ask(desk, "s1", Side.SELL, Reason.SIGNAL, position)
    (refused,) = events_of(await execute_order("s1", desk=desk))
    assert refused.guard == "min_hold"
    await ask(desk, "s2", Side.SELL, Reason.STOP_LOSS, position)
    assert kinds(await execute_order("s2", desk=desk))[-1] is PositionClosed


async def test_a_sale_that_ends_after_a_part_reduces_the_position():
    desk = a_desk()
    position = await opened(desk)
    whole = desk.exchange.coins[PAIR]
    desk.exchange.parts, desk.exchange.ends = [Decimal("0.01")], PlacedState.EXPIRED
    desk.exchange.looks = 0
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    done = await execute_order("s1", desk=desk)
    assert kinds(done)[-1] is PositionReduced
    (row,) = await desk.log.tables.flagged(POSITIONS)
    assert row.open.quantity == whole - Decimal("0.01")


async def test_gain_is_what_came_in_less_what_it_cost():
    desk = a_desk()
    position = await opened(desk)
    desk.exchange.last = Decimal(550_000)
    await ask(desk, "s1", Side.SELL, Reason.TAKE_PROFIT, position)
    closed = events_of(await execute_order("s1", desk=desk))[-1]
    assert closed.gain == jpy(1_500)
    assert closed.gain_pct == pytest.approx(10.0)
    rows = await desk.log.tables.since(TRADES, PAIR, 0)
    assert [row.gain_pct for row in rows] == [None, pytest.approx(10.0)]


async def test_the_fifth_loss_in_a_row_trips_the_breaker_in_the_same_append_and_stops_buying():
    desk = a_desk(attrs.evolve(STANDARD, kelly_min_trades=100))
    for number in range(5):
        desk.exchange.last = Decimal(500_000)
        desk.exchange.coins.clear()
        position = await opened(desk, f"o{number}")
        desk.exchange.last = Decimal(495_000)
        await ask(desk, f"s{number}", Side.SELL, Reason.STOP_LOSS, position)
        done = await execute_order(f"s{number}", desk=desk)
    assert kinds(done)[-1] is CircuitBreakerTripped
    assert (await desk.log.tables.get(BREAKER, BREAKER_KEY)).breaker.tripped_at is not None
    desk.exchange.coins.clear()
    (refused,) = events_of(await execute_order(await ask(desk, "o9"), desk=desk))
    assert refused.guard == "breaker_closed"
