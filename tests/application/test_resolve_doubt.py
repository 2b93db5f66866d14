"""An order whose answer was lost: found and adopted, or proven absent, and never sent again.

The exchange of these tests is the simulated one behind a wire that loses answers.
"""

from decimal import Decimal
from itertools import pairwise

import attrs
import numpy as np
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.exchange.simulated.exchange import SimulatedExchange
from adapters.exchange.simulated.matching import FillAssumptions
from adapters.exchange.simulated.prices import SimulatedPrices
from adapters.read_models.in_memory import InMemoryReadModels
from application import policy
from application.commit import Log
from application.errors import InDoubt, Retryable
from application.ports.exchange import MarketOrder
from application.read_models import ANALYSIS_STATE, POSITIONS, TRADES
from application.trading.execute_order import Desk, execute_order
from domain import events as e
from domain.instant import CANDLE, SECOND
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.trading.order import FINAL, fold
from tests.given.desk import PAIR, ask, events_of, jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")
START = 1_735_689_600_000
OTHER = "xrp_usdt"


class FlatYen:
    """A dollar costs 100 JPY."""

    def factor(self, moment):
        return 100.0


class Wire:
    """The way to an exchange: it loses what it is told to lose."""

    def __init__(self, exchange, clock):
        self.exchange = exchange
        self.clock = clock
        self.loses: list[str] = []
        self.hidden_until = 0
        self.down_until = 0
        self.placed = 0

    def __getattr__(self, name):
        return getattr(self.exchange, name)

    def _up(self):
        if self.clock.now() < self.down_until:
            raise Retryable("maintenance")

    async def place(self, order, nonce):
        self.placed += 1
        what = self.loses.pop(0) if self.loses else ""
        if what == "before":
            raise InDoubt("the request was lost")
        number = await self.exchange.place(order, nonce)
        if what == "after":
            raise InDoubt("the answer was lost")
        return number

    async def balances(self):
        self._up()
        return await self.exchange.balances()

    async def account_fills(self, since):
        self._up()
        if self.clock.now() < self.hidden_until:
            return ()
        return await self.exchange.account_fills(since)

    async def open_orders(self):
        self._up()
        return () if self.clock.now() < self.hidden_until else await self.exchange.open_orders()


def a_desk(parts=1, **given):
    clock = SimulatedClock(START)
    times = START - CANDLE + np.arange(50, dtype=np.int64) * CANDLE
    flat = np.full(50, 5_000.0)
    series = {
        pair: CandleSeries(pair, times, flat, flat, flat, flat, flat) for pair in (PAIR, OTHER)
    }
    exchange = SimulatedExchange(
        clock=clock,
        prices=SimulatedPrices(series, FlatYen()),
        instruments=DEFAULT,
        cash=Jpy(Decimal(100_000)),
        terms=FillAssumptions(parts=parts),
    )
    tables = InMemoryReadModels(clock)
    return Desk(
        log=Log(InMemoryEventStore(tables), tables, "test"),
        exchange=Wire(exchange, clock),
        clock=clock,
        instruments=DEFAULT,
        policy=policy.STANDARD,
        parameters=STANDARD,
        **given,
    )


def kinds(commits):
    return [type(event).__name__ for event in events_of(commits)]


async def the_order(desk, order="o1"):
    history = await desk.log.store.read(f"order/{order}")
    return fold(event for commit in history for event in commit.events)


async def owns(desk):
    """Coins that the exchange says are there, and those of open positions."""
    held = await desk.exchange.exchange.balances()
    booked = sum(
        (row.open.quantity for row in await desk.log.tables.flagged(POSITIONS)), Decimal(0)
    )
    return held.coins_free[PAIR] + held.coins_reserved[PAIR], booked


async def test_an_order_that_was_accepted_is_found_and_booked_once():
    desk = a_desk()
    desk.exchange.loses = ["after"]
    done = kinds(await execute_order(await ask(desk), desk=desk))
    assert done[:3] == ["OrderSubmitting", "OrderInDoubt", "OrderAdopted"]
    assert done[-2:] == ["OrderFilled", "PositionOpened"]
    held, booked = await owns(desk)
    assert held == booked > 0
    assert desk.exchange.placed == 1
    (trade,) = await desk.log.tables.since(TRADES, PAIR, 0)
    assert trade.exchange_id == "1"


async def test_an_order_that_never_arrived_is_proven_absent_and_not_sent_again():
    desk = a_desk()
    desk.exchange.loses = ["before"]
    commits = await execute_order(await ask(desk), desk=desk)
    ends = ["OrderProvenAbsent", "OrderRefused"]
    assert kinds(commits) == ["OrderSubmitting", "OrderInDoubt", *["OrderLooked"] * 6, *ends]
    order = await the_order(desk)
    looks = [one.looked_at for one in order.looks]
    pauses = [(b - a) / SECOND for a, b in pairwise(looks)]
    assert pauses == [3, 7, 15, 30, 60]
    assert events_of(commits)[-1].guard == "not_placed"
    assert desk.exchange.placed == 1
    assert not await desk.log.tables.flagged(ANALYSIS_STATE)


async def test_one_empty_look_is_no_evidence():
    """For a while an accepted order is neither among the fills nor among the open orders."""
    desk = a_desk()
    desk.exchange.loses = ["after"]
    desk.exchange.hidden_until = START + 40 * SECOND
    done = kinds(await execute_order(await ask(desk), desk=desk))
    assert done.count("OrderLooked") == 4
    assert "OrderAdopted" in done
    held, booked = await owns(desk)
    assert held == booked > 0


async def test_yen_that_moved_unexplained_keep_the_order_in_doubt_for_ever():
    """The fills stay hidden: then the balances alone speak against absence."""
    desk = a_desk()
    desk.exchange.loses = ["after"]
    desk.exchange.hidden_until = START + 10**9
    order = await ask(desk)
    done = kinds(await execute_order(order, desk=desk))
    for _ in range(5):
        desk.clock.move_to(desk.clock.now() + CANDLE)
        done += kinds(await execute_order(order, desk=desk))
    assert "OrderProvenAbsent" not in done
    assert not any(one.is_clean for one in (await the_order(desk)).looks[1:])
    (row,) = await desk.log.tables.flagged(ANALYSIS_STATE)
    assert (row.state, row.hides_yen) == ("in_doubt", True)
    desk.exchange.hidden_until = 0
    desk.clock.move_to(desk.clock.now() + CANDLE)
    assert "OrderAdopted" in kinds(await execute_order(order, desk=desk))


async def test_while_yen_are_unexplained_nothing_is_bought_in_any_pair():
    desk = a_desk(patience_s=0)
    desk.exchange.loses = ["after"]
    await execute_order(await ask(desk), desk=desk)
    request = e.OrderRequested(
        "o2", OTHER, e.Side.BUY, e.Reason.SIGNAL, "a1", 0.5, None, desk.clock.now()
    )
    await desk.log.append(
        desk.log.commit("order/o2", 1, [request], at=START, correlation="a1", causation="a@1")
    )
    (refused,) = events_of(await execute_order("o2", desk=desk))
    assert (refused.guard, desk.exchange.placed) == ("doubt", 1)


async def test_an_outage_is_waited_out_and_proves_nothing():
    desk = a_desk()
    desk.exchange.loses = ["before"]
    desk.exchange.down_until = 0
    order = await ask(desk)
    place = desk.exchange.place

    async def place_and_go_down(sent, nonce):
        desk.exchange.down_until = START + 20 * CANDLE
        return await place(sent, nonce)

    desk.exchange.place = place_and_go_down
    done = kinds(await execute_order(order, desk=desk))
    assert done == ["OrderSubmitting", "OrderInDoubt"]
    desk.clock.move_to(START + 21 * CANDLE)
    done = kinds(await execute_order(order, desk=desk))
    assert done[-1] == "OrderRefused"
    assert desk.exchange.placed == 1


async def test_a_crash_in_the_middle_of_looking_goes_on_where_it_stopped():
    desk = a_desk(patience_s=15)
    desk.exchange.loses = ["before"]
    order = await ask(desk)
    done = kinds(await execute_order(order, desk=desk))
    assert done.count("OrderLooked") == 3
    another = attrs.evolve(desk, patience_s=200)  # all it has is the log
    done = kinds(await execute_order(order, desk=another))
    assert done == [*["OrderLooked"] * 3, "OrderProvenAbsent", "OrderRefused"]


async def test_trades_by_hand_are_told_from_the_order_and_explain_what_moved():
    desk = a_desk()
    desk.exchange.loses = ["before"]
    order = await ask(desk)
    place = desk.exchange.place

    async def place_beside_others(sent, nonce):
        by_hand = MarketOrder(PAIR, e.Side.BUY, jpy(7_000), None)
        await desk.exchange.exchange.place(by_hand, await desk.exchange.exchange.nonce())
        return await place(sent, await desk.exchange.exchange.nonce())

    desk.exchange.place = place_beside_others
    done = kinds(await execute_order(order, desk=desk))
    assert done[-1] == "OrderRefused"
    assert (await the_order(desk)).state in FINAL


async def test_two_orders_that_look_alike_are_left_to_a_human():
    desk = a_desk()
    desk.exchange.loses = ["after"]
    order = await ask(desk)
    place = desk.exchange.place

    async def place_twice(sent, nonce):
        await desk.exchange.exchange.place(sent, nonce)
        return await place(sent, await desk.exchange.exchange.nonce())

    desk.exchange.place = place_twice
    done = events_of(await execute_order(order, desk=desk))
    assert isinstance(done[-1], e.OrderQuarantined)
    assert "1, 2" in done[-1].detail
    assert await execute_order(order, desk=desk) == ()
    (row,) = await desk.log.tables.flagged(ANALYSIS_STATE)
    assert row.state == "quarantined"


async def test_a_fill_far_off_the_market_is_set_aside_and_moves_no_position():
    desk = a_desk()
    fills = desk.exchange.exchange.fills

    async def of_somebody_else(exchange_id, since):
        return tuple(
            attrs.evolve(one, price=one.price * 9, funds=one.funds * 9)
            for one in await fills(exchange_id, since)
        )

    desk.exchange.fills = of_somebody_else
    done = events_of(await execute_order(await ask(desk), desk=desk))
    assert isinstance(done[-1], e.OrderQuarantined)
    assert done[-1].fill == "1-1"
    assert not await desk.log.tables.flagged(POSITIONS)


async def test_a_sale_is_found_by_its_quantity():
    desk = a_desk()
    await execute_order(await ask(desk), desk=desk)
    desk.clock.move_to(desk.clock.now() + 20 * CANDLE)
    desk.exchange.loses = ["after"]
    order = await ask(desk, "o2", e.Side.SELL, e.Reason.STOP_LOSS, "o1")
    done = kinds(await execute_order(order, desk=desk))
    assert "OrderAdopted" in done
    assert done[-1] == "PositionClosed"
    assert (await owns(desk))[1] == 0
