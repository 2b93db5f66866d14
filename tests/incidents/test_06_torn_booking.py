"""A sale succeeded, then the program died between the position's row and the trade's.

What happened: the profit crashed on a null price; the position was closed in its table, the trade
was missing, and the bot bought again in a loop.

What must hold: fill, position, trade and breaker are one append: all of it, or nothing.
"""

import sqlite3
from contextlib import closing

import pytest

import domain.events as e
from application.read_models import POSITIONS
from entrypoints.simulation.hostility import Crash
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
FALL = {ETH: [USDT, USDT * 0.9]}


class Watcher:
    """Dies before or after the append that holds an event of a kind."""

    def __init__(self, it, kind, moment):
        self.kind, self.moment = kind, moment
        self.store = it.store.port
        self.is_due = True

    def __getattr__(self, name):
        return getattr(self.store, name)

    async def append(self, commits, rows=()):
        due = self.is_due and any(isinstance(one, self.kind) for c in commits for one in c.events)
        self.is_due = self.is_due and not due
        if due and self.moment == "before":
            raise Crash("before the append")
        await self.store.append(commits, rows)
        if due:
            raise Crash("after the append")


async def everything_agrees(it):
    """One buy, one sale; position, trade and breaker tell the same of them."""
    assert [one.side for one in it.sent] == ["buy", "sell"]
    (closed,) = await it.events(e.PositionClosed)
    (bought, sold) = await it.trades()
    assert (sold.gain_pct, bought.gain_pct) == (closed.gain_pct, None)
    (row,) = await it.tables.everything(POSITIONS)
    assert row.closed.gain == closed.gain
    assert await it.open() == {}
    assert it.held() == 0
    await it.judge_the_end()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", [e.PositionOpened, e.PositionClosed])
async def test_the_program_dies_around_the_booking(kind, moment):
    with stage(FALL) as it:
        it.store.port = Watcher(it, kind, moment)
        opinion = 0.9
        for _ in range(4):
            try:
                await it.ticks(1, eth=opinion)
            except Crash:
                booked = bool(await it.events(kind))
                assert booked is (moment == "after")
                rows = await it.tables.everything(POSITIONS)
                is_open = bool(rows) and rows[0].open is not None
                # the table says what the log says, whatever was being written
                assert is_open is (booked if kind is e.PositionOpened else not booked)
                assert len(await it.trades()) == len(await it.events(e.OrderFilled))
                it.restart()
            opinion = 0.0
        await everything_agrees(it)


TABLES = ("trades", "positions", "analysis_state", "analysis_state.breaker")


@pytest.mark.parametrize("table", TABLES)
async def test_a_write_that_fails_halfway_leaves_nothing_of_it_in_the_file(table, tmp_path):
    with stage(FALL, folder=tmp_path, durable=True) as it:
        await it.ticks(1, eth=0.9)
        before = await it.tables.everything(POSITIONS)
        it.store.port = Watcher(it, e.PositionClosed, "never")
        path = tmp_path / "log.sqlite"
        real = it.store.port.store.append

        async def append(commits, rows=()):
            closes = any(isinstance(one, e.PositionClosed) for c in commits for one in c.events)
            if not closes:
                return await real(commits, rows)
            with closing(sqlite3.connect(path)) as other, other:
                other.execute(
                    "CREATE TRIGGER broken BEFORE INSERT ON rows "
                    f"WHEN NEW.tbl = '{table}' BEGIN SELECT RAISE(ABORT, 'disk'); END"
                )
            try:
                return await real(commits, rows)
            finally:
                with closing(sqlite3.connect(path)) as other, other:
                    other.execute("DROP TRIGGER broken")

        it.store.port.append = append
        with pytest.raises(Exception, match="disk"):
            await it.ticks(1, eth=0.0)
        assert await it.events(e.PositionClosed) == []
        assert [one.quantity for one in await it.trades()] == [before[0].open.quantity]
        assert await it.open() == {ETH: before[0].open.quantity}
        it.store.port = it.book
        it.restart()
        await it.ticks(2)
        await everything_agrees(it)
