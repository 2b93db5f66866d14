"""What read models on DynamoDB do beyond the contract: expiry, flags, rebuilding, pages."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.dynamodb import DynamoEventStore
from adapters.read_models.dynamodb import DynamoReadModels
from application.errors import Broken, Refused, Retryable
from application.ports.read_models import Row
from application.read_models import (
    ANALYSIS_STATE,
    LAST_ANALYSIS,
    LAST_ANALYSIS_KEY,
    POSITIONS,
    PRICES,
    LastAnalysisRow,
    OrderUnderWay,
    PositionRow,
)
from domain.events import Side
from domain.instant import DAY
from domain.trading.position import OpenPosition
from tests.given.aws_client import Watched, in_pages_of_one
from tests.given.aws_tables import PREFIX, stage_in_moto
from tests.given.history import PAIR, START, jpy, price

pytestmark = pytest.mark.asyncio(loop_scope="function")
NOW = START + 600_000


@pytest.fixture
def client() -> Iterator[Any]:
    with stage_in_moto() as made:
        yield made


def tables_on(client: Any, now: int = NOW) -> DynamoReadModels:
    return DynamoReadModels(client, PREFIX, SimulatedClock(now))


async def write(client: Any, *rows: Row) -> None:
    await DynamoEventStore(client, PREFIX, SimulatedClock(NOW)).append([], rows)


def held(name: str, *, pair: str = PAIR, is_open: bool = True) -> Row:
    value = OpenPosition(
        name, pair, Decimal(1), jpy(1), jpy(1), jpy(1), jpy(2), jpy(1), START
    )  # fmt: skip
    return POSITIONS, PositionRow(pair, name, 1, value if is_open else None, None)


def candles(*opens: int) -> list[Row]:
    return [(PRICES, price(at).candle) for at in opens]


def items(client: Any, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName=PREFIX + table)["Items"]
    return found


async def test_a_row_is_an_item_as_agreed(client: Any) -> None:
    at = 1_760_000_100_001
    await write(client, *candles(at))
    (item,) = items(client, "prices")
    body = item.pop("body")
    assert item == {
        "pair": {"S": PAIR},
        "timestamp": {"N": str(at)},
        "kind": {"S": "prices"},
        "ttl": {"N": str(1_760_000_101 + 14 * 86_400)},
    }, "the lifetime's end, rounded up to a second"
    assert json.loads(body["S"]) == attrs.asdict(price(at).candle)


async def test_rows_for_ever_have_no_ttl(client: Any) -> None:
    await write(client, held("p1"))
    assert ["ttl" in one for one in items(client, "positions")] == [False, False]


async def test_a_flagged_row_has_one_copy_while_it_is_flagged(client: Any) -> None:
    await write(client, held("p1"), held("p2"))
    copies = [one for one in items(client, "positions") if one["pair"] == {"S": "#open"}]
    assert [one["position_id"]["S"] for one in copies] == [f"{PAIR}/p1", f"{PAIR}/p2"]
    await write(client, held("p1", is_open=False))
    (copy,) = (one for one in items(client, "positions") if one["pair"] == {"S": "#open"})
    assert copy["position_id"]["S"] == f"{PAIR}/p2"
    tables = tables_on(client)
    assert len(await tables.everything(POSITIONS)) == 2
    assert [row.position_id for row in await tables.flagged(POSITIONS)] == ["p2"]


async def test_a_row_flagged_and_not_in_one_append_is_as_it_was_last(client: Any) -> None:
    await write(
        client, held("p1"), held("p1", is_open=False), held("p2", is_open=False), held("p2")
    )
    assert [row.position_id for row in await tables_on(client).flagged(POSITIONS)] == ["p2"]


async def test_flagged_rows_are_found_without_reading_the_others(client: Any) -> None:
    await write(client, *(held(f"p{number}", is_open=number == 3) for number in range(45)))
    watched = Watched(client)
    assert len(await tables_on(watched).flagged(POSITIONS)) == 1
    ((name, asked),) = watched.sent
    assert name == "query"
    assert asked["ConsistentRead"]
    assert client.query(**asked)["ScannedCount"] == 1


async def test_copies_of_names_with_strokes_do_not_meet(client: Any) -> None:
    await write(client, held("c", pair="a/b"), held("b/c", pair="a"), held("/c", pair="a/b"))
    found = [(row.pair, row.position_id) for row in await tables_on(client).flagged(POSITIONS)]
    assert found == [("a", "b/c"), ("a/b", "/c"), ("a/b", "c")]


async def test_a_partition_that_is_named_like_the_copies_is_kept_apart(client: Any) -> None:
    await write(client, held("p1", pair="#open"), held("p2", pair="#open", is_open=False))
    tables = tables_on(client)
    assert [row.position_id for row in await tables.everything(POSITIONS)] == ["p1", "p2"]
    assert [row.position_id for row in await tables.flagged(POSITIONS)] == ["p1"]
    assert [row.position_id for row in await tables.since(POSITIONS, "#open", "")] == ["p1", "p2"]


async def test_every_read_is_consistent(client: Any) -> None:
    watched = Watched(client)
    tables = tables_on(watched)
    await tables.get(PRICES, PAIR, START)
    await tables.newest(PRICES, PAIR, 3)
    await tables.since(PRICES, PAIR, START)
    await tables.flagged(POSITIONS)
    await tables.flagged(ANALYSIS_STATE)
    await tables.everything(PRICES)
    assert len(watched.sent) == 6
    assert all(asked["ConsistentRead"] for _, asked in watched.sent)


async def test_rows_of_kinds_that_share_a_table_are_not_mixed_up(client: Any) -> None:
    last = LastAnalysisRow(LAST_ANALYSIS_KEY, "a1", START)
    order = OrderUnderWay(PAIR, "o1", Side.BUY, "requested", False, None, False)
    await write(client, (LAST_ANALYSIS, last), (ANALYSIS_STATE, order))
    tables = tables_on(client)
    assert await tables.get(ANALYSIS_STATE, LAST_ANALYSIS_KEY) is None
    assert await tables.flagged(ANALYSIS_STATE) == [order]
    await tables.replace_all([LAST_ANALYSIS], [])
    assert await tables.everything(ANALYSIS_STATE) == [order]
    assert await tables.everything(LAST_ANALYSIS) == []


async def test_what_other_programs_keep_in_a_table_survives_a_rebuild(client: Any) -> None:
    other = {"pair": {"S": "#nonce/x"}, "last": {"N": "1"}}
    client.put_item(TableName=f"{PREFIX}analysis_state", Item=other)
    await tables_on(client).replace_all([ANALYSIS_STATE, LAST_ANALYSIS], [])
    assert items(client, "analysis_state") == [other]


async def test_small_and_empty_pages_change_nothing(client: Any) -> None:
    now = NOW
    await write(client, *candles(*range(now - 5, now)), held("p1"), held("p2", is_open=False))
    paged = Watched(client, query=in_pages_of_one, scan=in_pages_of_one)
    tables = tables_on(paged)
    times = [*range(now - 5, now)]
    assert [row.open_time for row in await tables.newest(PRICES, PAIR, 3)] == times[-3:]
    assert [row.open_time for row in await tables.since(PRICES, PAIR, now - 4)] == times[1:]
    assert [row.open_time for row in await tables.everything(PRICES)] == times
    assert [row.position_id for row in await tables.flagged(POSITIONS)] == ["p1"]
    await tables.replace_all([PRICES, POSITIONS], [])
    assert items(client, "prices") == items(client, "positions") == []


async def test_expired_rows_are_not_even_read(client: Any) -> None:
    await write(client, *candles(NOW - 15 * DAY, NOW - 14 * DAY - 1, NOW - 14 * DAY, NOW))
    watched = Watched(client)
    tables = tables_on(watched)
    for since in (0, NOW - 15 * DAY, NOW - 14 * DAY):
        assert len(await tables.since(PRICES, PAIR, since)) == 2
    assert [client.query(**asked)["ScannedCount"] for _, asked in watched.sent] == [2, 2, 2]
    assert await tables.get(PRICES, PAIR, NOW - 14 * DAY) is not None
    assert await tables.get(PRICES, PAIR, NOW - 14 * DAY - 1) is None


async def test_a_rebuild_that_broke_off_is_finished_by_the_next(client: Any) -> None:
    await write(client, *candles(*range(START, START + 30)), held("old"))
    left = [1]

    def break_off(real: Any, **arguments: Any) -> Any:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return real(**arguments)

    rows = [*candles(*range(START + 20, START + 60)), held("new")]
    broken = tables_on(Watched(client, batch_write_item=break_off))
    with pytest.raises(KeyboardInterrupt):
        await broken.replace_all([PRICES, POSITIONS], rows)
    tables = tables_on(client)
    assert len(await tables.everything(PRICES)) == 45, (
        "old and new, none of the new ones' places empty"
    )
    await tables.replace_all([PRICES, POSITIONS], rows)
    assert [row.open_time for row in await tables.everything(PRICES)] == [
        *range(START + 20, START + 60)
    ]
    assert [row.position_id for row in await tables.flagged(POSITIONS)] == ["new"]
    assert len(items(client, "positions")) == 2


async def test_a_rebuild_writes_again_what_was_left_over(client: Any) -> None:
    def at_most_two(real: Any, *, RequestItems: Any) -> Any:  # noqa: N803 - AWS's name
        taken, left, room = {}, {}, 2
        for table, requests in RequestItems.items():
            taken[table], left[table] = requests[:room], requests[room:]
            room -= len(taken[table])
        real(RequestItems={table: some for table, some in taken.items() if some})
        return {"UnprocessedItems": {table: some for table, some in left.items() if some}}

    clock = SimulatedClock(NOW)
    tables = DynamoReadModels(Watched(client, batch_write_item=at_most_two), PREFIX, clock)
    await tables.replace_all([PRICES, POSITIONS], [*candles(*range(START, START + 9)), held("p")])
    assert len(items(client, "prices")) == 9
    assert len(items(client, "positions")) == 2
    assert clock.now() > NOW, "it has waited in between"


async def test_a_rebuild_gives_up_when_nothing_is_ever_taken(client: Any) -> None:
    def nothing(_: Any, *, RequestItems: Any) -> Any:  # noqa: N803
        return {"UnprocessedItems": RequestItems}

    tables = tables_on(Watched(client, batch_write_item=nothing))
    with pytest.raises(Retryable, match="3 rows unwritten after 8 calls"):
        await tables.replace_all([PRICES], candles(1, 2, 3))


@pytest.mark.parametrize("damage", [{"body": {"S": "{}"}}, {"body": {"B": b"{}"}}, {}])
async def test_a_row_that_cannot_be_read_is_broken(client: Any, damage: Any) -> None:
    key = {"pair": {"S": PAIR}, "timestamp": {"N": str(NOW)}, "kind": {"S": "prices"}}
    client.put_item(TableName=f"{PREFIX}prices", Item=key | damage)
    with pytest.raises(Broken, match=r"a row of prices cannot be read .*rebuild"):
        await tables_on(client).newest(PRICES, PAIR, 1)


async def test_a_table_that_is_not_there_is_refused(client: Any) -> None:
    table = attrs.evolve(PRICES, name="absent")
    with pytest.raises(Refused, match="has this stage been deployed"):
        await tables_on(client).newest(table, PAIR, 1)
