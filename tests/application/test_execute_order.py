"""One order from request to booked position: sent once, whatever goes wrong."""

from decimal import Decimal

import attrs
import pytest

from application.errors import Broken, Conflict, InDoubt, Refused, Retryable
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


def hurried(desk):
    """The same desk without the patience to look for an order in doubt."""
    return attrs.evolve(desk, patience_s=0)


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
    assert kinds(await execute_order(order, desk=hurried(crashed))) == [OrderInDoubt]
    assert await execute_order(order, desk=hurried(crashed)) == ()
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
    assert kinds(await execute_order(order, desk=hurried(desk))) == [OrderSubmitting, kind]
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


class LateClock:
    """The time is a millisecond later whenever somebody looks, as on a real machine."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        self._now += 1
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += round(seconds * 1000)


async def test_every_event_of_an_order_names_the_one_before_it_as_its_cause():
    desk = a_desk()
    await execute_order(await ask(desk), desk=desk)
    history = [commit for commit in desk.log.store.commits if commit.stream == "order/o1"]
    assert [one.causation for one in history] == [
        "analysis/a1@7",
        "order/o1@1",
        "order/o1@2",
        "order/o1@3",
    ]
    assert {one.correlation for one in desk.log.store.commits} == {"a1"}
    (opened_at,) = [one for one in desk.log.store.commits if one.stream == "position/o1"]
    assert opened_at.causation == "order/o1@5"


async def test_what_was_sent_is_what_the_log_says():
    desk = a_desk()
    sending = events_of(await execute_order(await ask(desk), desk=desk))[0]
    (placed,) = desk.exchange.placed
    assert (placed.amount, placed.quantity) == (sending.amount, sending.quantity)
    quote = await desk.exchange.quote(PAIR)
    assert (sending.bid, sending.ask) == (quote.bid, quote.ask)
    assert (sending.jpy_free, sending.coins_free) == (jpy(100_000), 0)
    assert sending.sizing.available == jpy(99_000)


async def test_the_intent_is_on_the_log_when_the_exchange_is_called():
    desk = a_desk()
    order = await ask(desk)
    seen = []
    place = desk.exchange.place

    class Watching(type(desk.exchange)):
        """Looks at the log from where the order arrives."""

        async def place(self, order, nonce):
            seen.append(await desk.log.store.version("order/o1"))
            return await place(order, nonce)

    watching = Watching(desk.clock, placed=desk.exchange.placed)
    await execute_order(order, desk=attrs.evolve(desk, exchange=watching))
    assert seen == [2]


async def test_an_unknown_order_is_nothing_to_do():
    desk = a_desk()
    assert await execute_order("nobody", desk=desk) == ()
    assert not desk.log.store.commits


async def test_an_order_that_was_not_sent_is_refused_and_not_tried_again():
    desk = a_desk()
    desk.exchange.failure = Retryable("not connected")
    order = await ask(desk)
    refused = events_of(await execute_order(order, desk=desk))[-1]
    assert (refused.guard, refused.detail) == ("not_sent", "not connected")
    desk.exchange.failure = None
    assert await execute_order(order, desk=desk) == ()
    assert len(desk.exchange.placed) == 1


async def test_a_quote_that_cannot_be_had_now_leaves_the_order_for_the_next_message():
    desk = a_desk()
    order = await ask(desk)

    class NoQuote(type(desk.exchange)):
        """Cannot be reached before anything was sent."""

        async def quote(self, pair):
            raise Retryable(pair)

    silent = attrs.evolve(desk, exchange=NoQuote(desk.clock))
    assert await execute_order(order, desk=silent) == ()
    assert await desk.log.store.version("order/o1") == 1
    assert kinds(await execute_order(order, desk=desk))[-1] is PositionOpened


async def test_fills_that_cannot_be_had_now_are_booked_by_a_later_message():
    desk = a_desk(looks=2)
    order = await ask(desk)

    class NoState(type(desk.exchange)):
        """Takes the order, and then is silent."""

        async def order(self, exchange_id):
            raise Retryable(exchange_id)

    silent = attrs.evolve(desk, exchange=NoState(desk.clock, placed=desk.exchange.placed))
    assert kinds(await execute_order(order, desk=silent)) == [OrderSubmitting, OrderPlaced]
    assert kinds(await execute_order(order, desk=desk))[-1] is PositionOpened
    assert len(desk.exchange.placed) == 1


async def test_another_executor_of_the_same_order_gets_a_conflict_and_sends_nothing():
    desk = a_desk()
    order = await ask(desk)

    class Overtaken(type(desk.exchange)):
        """While this one asks for the quote, the other one submits."""

        async def quote(self, pair):
            await execute_order(order, desk=desk)
            return await desk.exchange.quote(pair)

    slow = Overtaken(desk.clock)
    with pytest.raises(Conflict):
        await execute_order(order, desk=attrs.evolve(desk, exchange=slow))
    assert slow.placed == []
    assert len(desk.exchange.placed) == 1


async def test_an_order_that_expires_after_a_part_opens_a_position_of_that_part():
    desk = a_desk()
    desk.exchange.parts, desk.exchange.ends = [Decimal("0.01")], PlacedState.EXPIRED
    done = await execute_order(await ask(desk), desk=desk)
    assert kinds(done)[-2:] == [OrderExpired, PositionOpened]
    position = events_of(done)[-1]
    assert (position.quantity, position.cost) == (Decimal("0.01"), jpy(5_000))


async def test_a_rest_under_the_minimum_is_dust_and_the_position_is_closed():
    desk = a_desk()
    position = await opened(desk)
    whole = desk.exchange.coins[PAIR]
    desk.exchange.parts, desk.exchange.ends = [whole - Decimal("0.0009")], PlacedState.EXPIRED
    desk.exchange.looks = 0
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    closed = events_of(await execute_order("s1", desk=desk))[-1]
    assert isinstance(closed, PositionClosed)
    assert closed.dust == Decimal("0.0009")
    assert closed.gain == jpy(-450)  # what is left over is lost
    assert not await desk.log.tables.flagged(POSITIONS)


async def test_a_reduced_position_that_is_sold_later_counts_both_sales():
    desk = a_desk()
    position = await opened(desk)
    whole = desk.exchange.coins[PAIR]
    desk.exchange.parts, desk.exchange.ends = [Decimal("0.01")], PlacedState.EXPIRED
    desk.exchange.looks = 0
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    await execute_order("s1", desk=desk)
    desk.exchange.parts, desk.exchange.ends = None, PlacedState.FILLED
    desk.exchange.coins[PAIR] = whole - Decimal("0.01")
    desk.exchange.last = Decimal(400_000)
    await ask(desk, "s2", Side.SELL, Reason.STOP_LOSS, position)
    closed = events_of(await execute_order("s2", desk=desk))[-1]
    assert closed.quantity == whole - Decimal("0.01")
    assert closed.gain == jpy(-2_000)  # 0.02 coins at 100,000 JPY less
    assert closed.exit.amount == (jpy(13_000).amount / whole)


async def test_no_more_is_sold_than_is_free():
    desk = a_desk()
    position = await opened(desk)
    desk.exchange.coins[PAIR] = Decimal("0.025")
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    await execute_order("s1", desk=desk)
    assert desk.exchange.placed[-1].quantity == Decimal("0.025")


async def test_coins_that_are_gone_make_no_order():
    desk = a_desk()
    position = await opened(desk)
    desk.exchange.coins.clear()
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    (refused,) = events_of(await execute_order("s1", desk=desk))
    assert refused.guard == "dust"
    assert len(desk.exchange.placed) == 1


async def test_a_position_that_is_closed_is_not_sold_again():
    desk = a_desk()
    position = await opened(desk)
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    await execute_order("s1", desk=desk)
    await ask(desk, "s2", Side.SELL, Reason.TAKE_PROFIT, position)
    (refused,) = events_of(await execute_order("s2", desk=desk))
    assert refused.guard == "position_open"


async def test_a_breaker_that_is_tripped_does_not_stop_a_sale():
    desk = a_desk()
    position = await opened(desk)
    tripped = CircuitBreakerTripped("loss_24h", jpy(20_000), 1)
    commit = desk.log.commit(
        "breaker", 1, [tripped], at=desk.clock.now(), correlation="", causation=""
    )
    await desk.log.append(commit)
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    assert kinds(await execute_order("s1", desk=desk))[-1] is PositionClosed


async def test_the_trip_is_part_of_the_very_append_that_closes_the_position():
    desk = a_desk()
    position = await opened(desk)
    streak = attrs.evolve(STANDARD, breaker_losses_in_a_row=1)
    desk = attrs.evolve(desk, parameters=streak)
    desk.exchange.last = Decimal(480_000)
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    sizes = []

    class Counting:
        """Notes which streams each append writes to."""

        async def append(self, commits, rows=()):
            sizes.append([one.stream.partition("/")[0] for one in commits])
            await desk.log.store.append(commits, rows)

        async def read(self, *words):
            return await desk.log.store.read(*words)

    counted = attrs.evolve(desk, log=attrs.evolve(desk.log, store=Counting()))
    await execute_order("s1", desk=counted)
    assert sizes == [["order"], ["order"], ["order", "position", "breaker"]]


async def test_a_gain_between_losses_starts_the_streak_again():
    desk = a_desk(attrs.evolve(STANDARD, kelly_min_trades=100))
    for number, sold_at in enumerate([495_000] * 4 + [505_000] + [495_000] * 4):
        desk.exchange.last = Decimal(500_000)
        desk.exchange.coins.clear()
        position = await opened(desk, f"o{number}")
        desk.exchange.last = Decimal(sold_at)
        await ask(desk, f"s{number}", Side.SELL, Reason.STOP_LOSS, position)
        await execute_order(f"s{number}", desk=desk)
    assert (await desk.log.tables.get(BREAKER, BREAKER_KEY)).breaker.tripped_at is None


async def test_a_signal_is_fresh_until_just_before_ten_minutes():
    desk = a_desk()
    order = await ask(desk)
    desk.clock.move_to(desk.clock.now() + 10 * MINUTE - 1)
    assert kinds(await execute_order(order, desk=desk))[-1] is PositionOpened


async def test_a_stale_stop_loss_is_sold_all_the_same():
    desk = a_desk()
    position = await opened(desk)
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    desk.clock.move_to(desk.clock.now() + 600 * MINUTE)
    assert kinds(await execute_order("s1", desk=desk))[-1] is PositionClosed


async def test_a_closing_sale_has_its_gain_on_a_clock_that_goes_on_by_itself():
    desk = a_desk()
    position = await opened(desk)
    desk = attrs.evolve(desk, clock=LateClock(desk.clock.now()))
    await ask(desk, "s1", Side.SELL, Reason.STOP_LOSS, position)
    assert kinds(await execute_order("s1", desk=desk))[-1] is PositionClosed
    rows = await desk.log.tables.since(TRADES, PAIR, 0)
    assert [row.gain_pct is None for row in rows] == [True, False]


async def test_an_executor_that_is_overtaken_while_it_books_gets_a_conflict():
    """The tables already tell of the position that somebody else has opened meanwhile."""
    desk = a_desk()
    order = await ask(desk)

    class Overtaken(type(desk.exchange)):
        """Lets another executor finish the order between the look and the booking."""

        async def fills(self, exchange_id, since):
            found = await super().fills(exchange_id, since)
            await execute_order(order, desk=attrs.evolve(desk, exchange=faster))
            return found

    slow = Overtaken(desk.clock, placed=desk.exchange.placed)
    faster = type(desk.exchange)(desk.clock, placed=desk.exchange.placed)
    with pytest.raises(Conflict):
        await execute_order(order, desk=attrs.evolve(desk, exchange=slow))
    assert len(await desk.log.tables.flagged(POSITIONS)) == 1
