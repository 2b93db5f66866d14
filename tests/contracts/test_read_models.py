"""What every plug of read models keeps."""

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.ports.read_models import Row, Table
from application.read_models import (
    ANALYSIS_STATE,
    BREAKER,
    BREAKER_KEY,
    LAST_ANALYSIS,
    POSITIONS,
    PRICES,
    SIGNALS,
    TABLES,
    TRADES,
    OrderUnderWay,
    PositionRow,
)
from application.upkeep.rebuild_read_models import rebuild_read_models
from domain.events import Candle, Side
from domain.instant import DAY
from domain.trading.position import OpenPosition
from tests.contracts.plugs import Plug
from tests.given.events import values_of
from tests.given.history import PAIR, START, jpy, mixed_history, price

pytestmark = pytest.mark.asyncio(loop_scope="function")


def candles(*opens: int, pair: str = PAIR) -> list[Row]:
    return [(PRICES, price(at, pair=pair).candle) for at in opens]


def position(name: str, *, is_open: bool) -> Row:
    held = OpenPosition(
        name, PAIR, Decimal(1), jpy(1), jpy(1), jpy(1), jpy(2), jpy(1), START
    )  # fmt: skip
    return POSITIONS, PositionRow(PAIR, name, 1, held if is_open else None, None)


async def write(plug: Plug, rows: list[Row]) -> None:
    for first in range(0, len(rows), plug.at_once):
        await plug.store.append([], rows[first : first + plug.at_once])


async def all_tables(plug: Plug) -> dict[str, list[Any]]:
    return {table.name: list(await plug.tables.everything(table)) for table in TABLES}


async def test_01_an_empty_table_answers_with_nothing(plug: Plug) -> None:
    assert await plug.tables.get(PRICES, PAIR, START) is None
    assert list(await plug.tables.newest(PRICES, PAIR, 5)) == []
    assert list(await plug.tables.since(PRICES, PAIR, 0)) == []
    assert list(await plug.tables.flagged(POSITIONS)) == []
    assert list(await plug.tables.everything(PRICES)) == []


async def test_02_newest_are_the_last_by_key_oldest_first(plug: Plug) -> None:
    await write(plug, candles(START + 3, START + 1, START + 2))
    found = await plug.tables.newest(PRICES, PAIR, 2)
    assert [row.open_time for row in found] == [START + 2, START + 3]
    assert len(await plug.tables.newest(PRICES, PAIR, 9)) == 3
    assert list(await plug.tables.newest(PRICES, PAIR, 0)) == []


async def test_03_since_includes_its_key(plug: Plug) -> None:
    await write(plug, candles(START + 1, START + 2, START + 3))
    found = await plug.tables.since(PRICES, PAIR, START + 2)
    assert [row.open_time for row in found] == [START + 2, START + 3]


async def test_04_the_last_write_of_a_key_stays(plug: Plug) -> None:
    await write(plug, [(PRICES, price(close=1.0).candle), (PRICES, price(close=2.0).candle)])
    await write(plug, [(PRICES, price(close=3.0).candle)])
    assert await plug.tables.everything(PRICES) == [price(close=3.0).candle]


async def test_05_partitions_and_tables_keep_apart(plug: Plug) -> None:
    await write(plug, candles(START) + candles(START, pair="BTCUSDT"))
    assert len(await plug.tables.newest(PRICES, "BTCUSDT", 9)) == 1
    assert await plug.tables.get(SIGNALS, PAIR, START) is None
    assert [row.pair for row in await plug.tables.everything(PRICES)] == ["BTCUSDT", PAIR]


async def test_06_numbers_sort_as_numbers_and_texts_as_texts(plug: Plug) -> None:
    now = plug.clock.now()
    early = [now - 9, now - 10_000_000]
    await write(plug, candles(*early))
    found = await plug.tables.since(PRICES, PAIR, 0)
    assert [row.open_time for row in found] == sorted(early)
    await write(plug, [position(name, is_open=True) for name in ("b", "a", "B", "é")])
    names = [row.position_id for row in await plug.tables.since(POSITIONS, PAIR, "")]
    assert names == ["B", "a", "b", "é"]


async def test_07_expired_rows_are_gone_for_every_reader(plug: Plug) -> None:
    now = plug.clock.now()
    oldest = now - 14 * DAY
    await write(plug, candles(oldest - 1, oldest, now))
    for found in (
        await plug.tables.newest(PRICES, PAIR, 9),
        await plug.tables.since(PRICES, PAIR, 0),
        await plug.tables.everything(PRICES),
    ):
        assert [row.open_time for row in found] == [oldest, now]
    assert await plug.tables.get(PRICES, PAIR, oldest - 1) is None
    plug.clock.move_to(now + 1)
    assert await plug.tables.get(PRICES, PAIR, oldest) is None


async def test_08_a_flagged_row_expires_too(plug: Plug) -> None:
    table: Table[Candle] = attrs.evolve(PRICES, name="prices.flagged", flag=lambda row: True)
    now = plug.clock.now()
    rows: list[Row] = [(table, price(at).candle) for at in (now - 15 * DAY, now)]
    await write(plug, rows)
    assert [row.open_time for row in await plug.tables.flagged(table)] == [now]


async def test_09_flagged_rows_among_thousands(plug: Plug) -> None:
    third = plug.many // 3
    rows = [position(f"p{number:04}", is_open=number % third == 7) for number in range(plug.many)]
    await write(plug, rows)
    names = [row.position_id for row in await plug.tables.flagged(POSITIONS)]
    first, second, last = (f"p{number:04}" for number in (7, third + 7, 2 * third + 7))
    assert names == [first, second, last]
    await write(plug, [position(second, is_open=False)])
    names = [row.position_id for row in await plug.tables.flagged(POSITIONS)]
    assert names == [first, last]
    assert len(await plug.tables.everything(POSITIONS)) == plug.many


async def test_10_a_table_without_sort_key_has_one_row_a_partition(plug: Plug) -> None:
    for final in (False, True):
        row = OrderUnderWay(PAIR, "o1", Side.BUY, "requested", final, None, False)
        await write(plug, [(ANALYSIS_STATE, row)])
        assert await plug.tables.get(ANALYSIS_STATE, PAIR) == row
        assert len(await plug.tables.flagged(ANALYSIS_STATE)) == (not final)


async def test_11_replace_all_leaves_other_tables(plug: Plug) -> None:
    await write(plug, [*candles(START, START + 1), position("p", is_open=True)])
    await plug.tables.replace_all([PRICES], candles(START + 2))
    assert [row.open_time for row in await plug.tables.everything(PRICES)] == [START + 2]
    assert len(await plug.tables.flagged(POSITIONS)) == 1
    await plug.tables.replace_all([POSITIONS], [])
    assert list(await plug.tables.flagged(POSITIONS)) == []


async def test_12_a_mixed_history_is_read_back_and_rebuilt_row_for_row(plug: Plug) -> None:
    for commits in mixed_history():
        await plug.log.append(*commits)
    live = await all_tables(plug)
    assert all(live.values()), "the history should reach every table"
    counts = await rebuild_read_models(store=plug.store, tables=plug.tables)
    assert await all_tables(plug) == live
    assert counts == {name: len(rows) for name, rows in live.items()}


async def test_13_what_a_mixed_history_leaves(plug: Plug) -> None:
    for commits in mixed_history():
        await plug.log.append(*commits)
    (held,) = await plug.tables.everything(POSITIONS)
    assert held.version == 6
    assert held.closed is not None
    assert (held.closed.gain, held.closed.quantity) == (jpy(-25), Decimal("0.5"))
    breaker = await plug.tables.get(BREAKER, BREAKER_KEY)
    assert breaker is not None
    assert breaker.breaker.tripped_at is None
    trades = await plug.tables.since(TRADES, PAIR, 0)
    assert [(row.order, row.gain_pct) for row in trades] == [
        ("o1", None),
        ("o2", None),
        ("o3", -25.0),
    ]
    under_way = await plug.tables.flagged(ANALYSIS_STATE)
    assert [(row.pair, row.order) for row in under_way] == [(PAIR, "o5")]
    assert len(await plug.tables.everything(LAST_ANALYSIS)) == 1


async def test_14_rebuilding_clears_what_the_log_does_not_tell(plug: Plug) -> None:
    await write(plug, [*candles(START), position("ghost", is_open=True)])
    counts = await rebuild_read_models(store=plug.store, tables=plug.tables)
    assert not any(counts.values())
    assert not any((await all_tables(plug)).values())


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_15_any_row_of_any_table_comes_back_equal(plug: Plug, data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(TABLES))
    row = data.draw(values_of(table.row_type))
    plug.clock.move_to(0)
    lasting = attrs.evolve(table, lifetime_ms=None)
    await plug.tables.replace_all([lasting], [(lasting, row)])
    assert list(await plug.tables.everything(lasting)) == [row]
    assert await plug.tables.get(lasting, table.partition(row), table.sort(row)) == row
