"""How far back a report has to read: a quarter of a year, and as long as a position lived."""

from decimal import Decimal

import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.read_models.in_memory import InMemoryReadModels
from application.read_models import POSITIONS, PositionRow
from application.reporting.report_reach import LOOKED_BACK, report_reach
from domain.events import Reason
from domain.instant import DAY
from domain.money import Jpy
from domain.reporting.report_day import ReportDay
from domain.trading.position import ClosedPosition, OpenPosition
from tests.given.finished_run import ETH

pytestmark = pytest.mark.asyncio(loop_scope="function")
TODAY = ReportDay.named("2026-02-08")
BTC = "btc_usdt"
ONE, YEN = Decimal(1), Jpy(Decimal(1))


def ago(days: int) -> int:
    return TODAY.end - days * DAY


def closed(name: str, opened: int, until: int, pair: str = ETH) -> PositionRow:
    position = ClosedPosition(
        position=name,
        pair=pair,
        quantity=ONE,
        entry=YEN,
        cost=YEN,
        opened_at=ago(opened),
        exit=YEN,
        gain=YEN,
        gain_pct=0.0,
        reason=Reason.SIGNAL,
        dust=Decimal(0),
        closed_at=ago(until),
    )
    return PositionRow(pair, name, 2, None, position)


async def reach(*rows: PositionRow) -> int:
    tables = InMemoryReadModels(SimulatedClock(TODAY.end))
    tables.write([(POSITIONS, one) for one in rows])
    return await report_reach(TODAY, tables, [ETH, BTC])


async def test_without_positions_it_is_a_quarter_of_a_year() -> None:
    assert await reach() == TODAY.end - LOOKED_BACK == ago(92)


async def test_a_position_that_is_open_is_read_from_its_beginning() -> None:
    held = OpenPosition(
        position="p",
        pair=BTC,
        quantity=ONE,
        entry=YEN,
        cost=YEN,
        opened_at=ago(400),
        peak=YEN,
        stop=YEN,
        take_profit=YEN,
    )
    assert await reach(PositionRow(BTC, "p", 1, held, None)) == ago(400)


async def test_what_ended_before_is_not_read_and_what_ended_within_is_whole() -> None:
    assert await reach(closed("a", 200, 93)) == ago(92)
    assert await reach(closed("a", 200, 91), closed("b", 10, 9)) == ago(200)


async def test_a_long_one_takes_in_those_that_ended_in_it() -> None:
    chain = closed("a", 120, 91), closed("b", 150, 119, BTC), closed("c", 300, 151)
    assert await reach(*chain) == ago(150)
