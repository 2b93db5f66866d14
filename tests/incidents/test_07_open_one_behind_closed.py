"""A query for positions took one row with a filter: the newest was closed, the open one missed.

What happened: no stop-loss for the open position, and a second entry into the same coin.

What must hold: open positions are found whatever the number of closed ones before and behind
them, more than a page of 1 MB included.
"""

from hashlib import sha256

import msgspec
import pytest

import domain.events as e
from application.read_models import POSITIONS
from domain.instant import HOUR
from tests.given.frozen import TICK_0
from tests.given.stage import ETH, USDT, jpy, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
CLOSED = 3_000
FALL = {ETH: [USDT, USDT, USDT * 0.99, USDT * 0.94, USDT * 0.93]}


def closed_ones():
    """Positions that were opened and closed within the last four months, by ids of all sizes."""
    commits = []
    for number in range(CLOSED):
        name = sha256(str(number).encode()).hexdigest()[:16]
        at = TICK_0 - (CLOSED - number) * HOUR
        coins, level, gain = jpy("0.1").amount, jpy(10_000), jpy(1)
        opened = e.PositionOpened(name, ETH, name, coins, level, level, level, level, at)
        closed = e.PositionClosed(
            name, ETH, f"s{name}", e.Reason.SIGNAL, coins, level, level, gain, 0.01,
            coins - coins, at + HOUR // 2,
        )  # fmt: skip
        for version, event in enumerate((opened, closed), 1):
            stream = f"position/{name}"
            commits.append(e.Commit(stream, version, (event,), at, "old", "", "old"))
    return commits


@pytest.mark.parametrize("plug", ["in_memory", "sqlite"])
async def test_the_open_position_among_thousands_of_closed_ones_is_held_once_and_stopped(
    plug, tmp_path
):
    with stage(FALL, folder=tmp_path if plug == "sqlite" else None) as it:
        await it.history(closed_ones())
        rows = await it.tables.everything(POSITIONS)
        assert len(rows) == CLOSED
        assert sum(len(msgspec.json.encode(row)) for row in rows) > 1_000_000
        assert await it.open() == {}

        await it.ticks(1, eth=0.9)
        opened = (await it.events(e.PositionOpened))[-1]
        ids = [row.position_id for row in await it.tables.everything(POSITIONS)]
        place = ids.index(opened.position)
        assert 0 < place < len(ids) - 1  # closed ones on both sides of it
        it.restart()  # whatever a process remembers does not count
        await it.ticks(2, eth=0.9)
        assert len(it.sent) == 1  # no double entry, though the signal still says buy
        held = [one.held for one in await it.events(e.DecisionMade)]
        assert held == [(), (ETH,), (ETH,)]
        await it.ticks(1, eth=0.0)
        assert [one.side for one in it.sent] == ["buy", "sell"]
        closed = (await it.events(e.PositionClosed))[-1]
        assert (closed.position, closed.reason) == (opened.position, e.Reason.STOP_LOSS)
        assert await it.open() == {}
        assert it.held() == 0
