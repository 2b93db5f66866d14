"""The process was killed between any two steps.

What must hold: whenever it dies, a restart from the log leaves every book in balance without hand
work: one order bought, one sold, nothing doubled, forgotten or under way.

Every port is watched, before and after each call; the program dies at each of these points once.
A new process then either begins the same tick again or waits for the next one.
"""

import pytest

import domain.events as e
from adapters.exchange.simulated.matching import FillAssumptions
from application.read_models import POSITIONS
from entrypoints.simulation.hostility import Crash
from tests.given.frozen import TICK_0, frozen
from tests.given.stage import ETH, USDT, Stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
PRICES = {ETH: [USDT, USDT, USDT * 1.04, USDT * 1.04, USDT * 0.93]}
TICKS = 7


class Killer:
    """Counts the points before and after the calls of all ports; dies at one of them."""

    def __init__(self, it, point):
        self.point = point
        self.count = 0
        for line in (it.exchange, it.store, it.queue, it.notifier, it.market_data):
            line.before = self.before
            line.after = self.after

    def before(self, name):
        self.step(f"before {name}")

    def after(self, name, answer):
        self.step(f"after {name}")
        return answer

    def step(self, text):
        self.count += 1
        if self.count == self.point:
            raise Crash(text)


async def story(clock, point, *, again):
    """A buy in two parts, a trailing stop, a fall through it; returns the points there were."""
    clock.set_to(TICK_0)
    terms = FillAssumptions(parts=2, part_every_ms=1_500)
    it = Stage(clock, PRICES, coins=("ETH",), terms=terms, count=20)
    killer = Killer(it, point)
    died = ""
    for number in range(TICKS):
        it.opinions.of[ETH] = 0.9 if number < 3 else 0.0
        try:
            await it.ticks()
        except Crash as death:
            died = str(death)
            it.restart()
            await it.judge()
            if again:
                await it.again()
    what = f"killed at {point}: {died}"
    sides = [one.side for one in it.sent]
    assert sides == [e.Side.BUY, e.Side.SELL], what
    assert it.held() == 0, what
    assert await it.open() == {}, what
    (row,) = await it.tables.everything(POSITIONS)
    bought, sold = (sum(fill.funds.amount for fill in one.fills) for one in it.placed)
    assert row.closed.gain.amount == sold - bought, what
    assert [one.side for one in await it.trades()] == sides, what
    await it.judge_the_end()
    return killer.count, died


@pytest.mark.parametrize("again", [True, False])
async def test_it_dies_at_every_point_once_and_every_book_balances(again):
    with frozen() as clock:
        points, died = await story(clock, 0, again=again)
        assert died == ""
        deaths = set()
        for point in range(1, points + 1):
            _, died = await story(clock, point, again=again)
            assert died, f"there was no point {point}"
            deaths.add(died)
        assert deaths >= {
            f"{moment} {step}"
            for moment in ("before", "after")
            for step in ("append", "place", "order", "fills", "send", "receive", "done", "tell")
        }
