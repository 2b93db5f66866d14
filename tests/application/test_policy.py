"""Another policy runs behind the same use cases, with the same log and the same guards."""

from decimal import Decimal

import attrs
import pytest

from adapters.order_queue.in_memory import InMemoryOrderQueue
from application.market.collect_prices import PriceMemory, collect_prices
from application.policy import STANDARD, BuyRequest, Policy, kelly_size
from application.read_models import POSITIONS
from application.trading.execute_order import execute_order
from application.trading.watch_positions import watch_positions
from domain.events import (
    Action,
    AnalysisTriggered,
    OrderRefused,
    OrderRequested,
    PositionClosed,
    Refusal,
    Sizing,
    TakeProfitHit,
)
from domain.market.price_move import reason_for_analysis
from domain.parameters import STANDARD as CONSTANTS
from domain.strategy.decide import Verdict, decide
from domain.strategy.trade_stats import TradeStats
from domain.trading.position_exits import follow
from tests.given.analysis import PAIRS, Analyst, decision_of, readings
from tests.given.desk import NOW, a_desk, events_of, jpy

pytestmark = pytest.mark.asyncio(loop_scope="function")
ETH, BTC, XRP = PAIRS


def every_tick(moves, last_analysis, now, parameters):
    """Analyse at each tick."""
    return "always"


def buy_the_worst(scored, holdings, busy, thresholds, now, parameters):
    """Against the crowd."""
    ranked = sorted(scored, key=lambda one: one.total)
    worst, *others = ranked
    refused = tuple(Refusal(one.pair, "not_the_worst", 1.0, "<", 1.0) for one in others)
    return Verdict(Action.BUY, (), (worst,), tuple(one.pair for one in ranked), refused)


async def a_tenth(request, parameters):
    """A tenth of what the account is worth."""
    equity = await request.equity()
    amount = jpy(int(equity.amount / 10))
    return amount, Sizing("tenth", equity, 0.1, amount, 0, None, None)


def first_yen(held, price, parameters):
    """Take any gain."""
    if price <= held.entry:
        return ()
    return (TakeProfitHit(held.position, held.pair, price, held.take_profit),)


CONTRARY = Policy(every_tick, buy_the_worst, a_tenth, first_yen)


async def bought():
    """A desk with this policy on which the worst pair was bought."""
    desk = attrs.evolve(a_desk(), policy=CONTRARY)
    analyst = Analyst(clock=desk.clock, log=desk.log, policy=CONTRARY)
    commits = await analyst.decide(readings({ETH: -0.9, BTC: 0.9, XRP: 0.1}))
    (trade,) = decision_of(commits).trades
    return desk, trade, await execute_order(trade.order, desk=desk)


async def test_the_standard_policy_is_the_owners():
    assert Policy(reason_for_analysis, decide, kelly_size, follow) == STANDARD


async def test_it_decides_otherwise_and_is_logged_alike():
    _, trade, _ = await bought()
    assert (trade.pair, trade.action) == (ETH, Action.BUY)
    assert trade.score < 0


async def test_it_sizes_otherwise_and_the_log_tells_how():
    desk, _, done = await bought()
    sending = events_of(done)[0]
    assert desk.exchange.placed[0].amount == sending.amount == jpy(10_000)
    assert (sending.sizing.method, sending.sizing.available) == ("tenth", jpy(100_000))


async def test_it_leaves_otherwise_through_the_same_queue_and_book():
    desk, _, _ = await bought()
    (row,) = await desk.log.tables.flagged(POSITIONS)
    desk.exchange.coins[ETH] = row.open.quantity

    async def watch():
        return await watch_positions(
            NOW,
            log=desk.log,
            exchange=desk.exchange,
            order_queue=InMemoryOrderQueue(desk.clock),
            policy=CONTRARY,
            parameters=CONSTANTS,
        )

    desk.exchange.last = Decimal(300_000)
    assert (await watch()).commits == ()  # the owner's stop is not this policy's
    desk.exchange.last = Decimal(500_001)
    hit, request = events_of((await watch()).commits)
    assert isinstance(hit, TakeProfitHit)
    assert isinstance(request, OrderRequested)
    done = events_of(await execute_order(request.order, desk=desk))
    assert isinstance(done[-1], PositionClosed)


async def test_the_guards_are_the_same_for_every_policy():
    desk = attrs.evolve(a_desk(), policy=CONTRARY)
    analyst = Analyst(clock=desk.clock, log=desk.log, policy=CONTRARY)
    commits = await analyst.decide(readings({ETH: -0.9, BTC: 0.9, XRP: 0.1}))
    desk.exchange.spread = Decimal("0.03")
    (refused,) = events_of(await execute_order(commits[-1].events[0].order, desk=desk))
    assert isinstance(refused, OrderRefused)
    assert refused.guard == "spread_pct"


async def test_it_is_asked_when_to_analyse():
    desk = a_desk()

    class Nothing:
        """A source without candles."""

        async def closed_candles(self, after, now):
            return dict.fromkeys(after, ())

    async def collect(chosen, memory):
        return await collect_prices(
            NOW,
            pairs=PAIRS,
            log=desk.log,
            market_data=Nothing(),
            policy=chosen,
            parameters=CONSTANTS,
            history=5,
            memory=memory,
        )

    memory = PriceMemory()
    assert [type(one) for one in events_of(await collect(STANDARD, memory))] == [AnalysisTriggered]
    assert await collect(STANDARD, memory) == ()
    assert [one.reason for one in events_of(await collect(CONTRARY, memory))] == ["always"]


class Asked:
    """Counts what sizing asks for."""

    def __init__(self) -> None:
        self.names = []

    async def stats(self):
        self.names.append("stats")
        return TradeStats(0, 0, None, None, None)

    async def equity(self):
        self.names.append("equity")
        return jpy(100_000)


@pytest.mark.parametrize(
    ("score", "free", "recent", "amount"),
    [
        (0.5, 10_000, [], 5_400),  # 60 % of 9,000
        (0.5, 10_000, [5_400, 5_399], 5_398),
        (0.3, 10_000, [], 2_700),
        (0.5, 1_800, [], 0),  # 480 is under the least order
        (0.1, 100_000, [], 0),
        (0.5, 100_000, [], 15_000),
    ],
)
async def test_the_owners_size_is_whole_yen_capped_and_unlike_recent_ones(
    score, free, recent, amount
):
    asked = Asked()
    request = BuyRequest(
        score=score,
        jpy_free=jpy(free),
        stats=asked.stats,
        taker_fee=Decimal(0),
        recent_amounts=frozenset(map(Decimal, recent)),
        equity=asked.equity,
    )
    found, sizing = await kelly_size(request, CONSTANTS)
    assert found == jpy(amount)
    assert sizing.available == jpy(free - 1_000)
    assert asked.names == ["stats"]
