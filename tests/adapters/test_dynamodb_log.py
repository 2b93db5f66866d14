"""What the log on DynamoDB does beyond the contract: limits, lost replies, skewed clocks, pages."""

import random
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from botocore.exceptions import ClientError

import domain.events as e
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.commit_order import month_of
from adapters.event_store.dynamodb import WINDOW_S, DynamoEventStore
from adapters.event_store.dynamodb_append import TRIES
from adapters.read_models.dynamodb import DynamoReadModels
from application.errors import Broken, Conflict, Refused, Retryable
from application.ports.read_models import Row
from application.read_models import PRICES
from domain.events import Commit
from domain.instant import DAY
from tests.given.aws_client import LostReplies, Watched, in_pages_of_one
from tests.given.aws_tables import PREFIX, stage_in_moto
from tests.given.history import PAIR, START, commit, mixed_history, price

pytestmark = pytest.mark.asyncio(loop_scope="function")
ROW: Row = (PRICES, price().candle)
EVENTS = f"{PREFIX}events"


@pytest.fixture
def client() -> Iterator[Any]:
    with stage_in_moto() as made:
        yield made


def store_on(client: Any, at: int = START) -> DynamoEventStore:
    return DynamoEventStore(client, PREFIX, SimulatedClock(at), chance=lambda: 0.5)


async def everything(store: DynamoEventStore, after: int = 0) -> list[tuple[int, Commit]]:
    return [one async for one in store.read_all(after)]


def long_commit(stream: str, characters: int) -> Commit:
    """Text that hardly packs: hexadecimal digits, of which zstd makes half."""
    text = random.Random(stream).randbytes(characters // 2).hex()
    return commit(stream, 1, e.OrderRefused(stream, PAIR, "funds", text))


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    error = {"Code": "TransactionCanceledException", "Message": f"cancelled {[*codes]}"}
    answer: Any = {"Error": error, "CancellationReasons": reasons}
    return ClientError(answer, "TransactWriteItems")


def failing(times: int, error: ClientError) -> Any:
    left = [error] * times

    def call(real: Any, **arguments: Any) -> Any:
        if left:
            raise left.pop()
        return real(**arguments)

    return call


# --- what is sent


async def test_a_commit_without_rows_is_one_conditional_put(client: Any) -> None:
    watched = Watched(client)
    store = store_on(watched)
    await store.append([commit("a", 1, price())])
    await store.append([commit("a", 2, price(), price())])
    await store.append([commit("a", 4, price())])
    assert watched.calls == {"put_item": 3}, "heads that were written need not be read"


async def test_anything_more_is_one_transaction(client: Any) -> None:
    watched = Watched(client)
    store = store_on(watched)
    await store.append([commit("a", 1, price())], [ROW])
    await store.append([commit("a", 2, price()), commit("b", 1, price())])
    assert watched.calls == {"transact_write_items": 2}
    tokens = [arguments["ClientRequestToken"] for _, arguments in watched.sent]
    assert tokens[0] != tokens[1]
    assert {len(token) for token in tokens} == {36}


async def test_a_commit_is_an_item_as_agreed(client: Any) -> None:
    await store_on(client).append([commit("a", 1, price(), price())])
    (item,) = client.scan(TableName=EVENTS)["Items"]
    assert {name: next(iter(value)) for name, value in item.items()} == {
        "stream": "S", "version": "N", "last_version": "N", "at": "N", "correlation": "S",
        "causation": "S", "writer": "S", "body": "B", "hash": "B", "position": "N", "month": "S",
    }  # fmt: skip
    assert (item["month"], item["last_version"]) == ({"S": "2025-10"}, {"N": "2"})


async def test_of_rows_with_one_key_the_last_is_written(client: Any) -> None:
    rows: list[Row] = [(PRICES, price(close=close).candle) for close in (1.0, 2.0, 3.0)]
    await store_on(client).append([commit("a", 1, price())], rows)
    tables = DynamoReadModels(client, PREFIX, SimulatedClock(START))
    assert await tables.everything(PRICES) == [price(close=3.0).candle]


# --- limits


async def test_more_than_100_items_are_refused_before_anything_is_written(client: Any) -> None:
    store = store_on(client)
    rows: list[Row] = [(PRICES, price(START + number).candle) for number in range(100)]
    await store.append([commit("a", 1, price())], rows[:99])
    with pytest.raises(ValueError, match="101 items"):
        await store.append([commit("a", 2, price())], rows)
    with pytest.raises(ValueError, match="101 commits"):
        await store.append([commit("b", number, price()) for number in range(1, 102)])
    assert len(await everything(store)) == 1


async def test_a_commit_over_400_kb_is_refused_before_anything_is_written(client: Any) -> None:
    store = store_on(client)
    with pytest.raises(ValueError, match=r"commit to b has .* bytes"):
        await store.append([commit("a", 1, price()), long_commit("b", 850_000)])
    assert await everything(store) == []
    await store.append([long_commit("b", 700_000)])
    assert await store.version("b") == 1


async def test_a_row_over_400_kb_is_refused_before_anything_is_written(client: Any) -> None:
    store = store_on(client)
    row = attrs.evolve(price().candle, pair="x" * 450_000)
    with pytest.raises(ValueError, match=r"row of eth-trading-prices has .* bytes"):
        await store.append([commit("a", 1, price())], [(PRICES, row)])
    assert await everything(store) == []


async def test_an_append_over_4_mb_is_refused_before_anything_is_written(client: Any) -> None:
    store = store_on(client)
    with pytest.raises(ValueError, match=r"an append of 4[0-9]{6} bytes"):
        await store.append([long_commit(f"s{number}", 700_000) for number in range(13)])
    assert await everything(store) == []


async def test_a_commit_without_events_is_refused(client: Any) -> None:
    with pytest.raises(ValueError, match="no events"):
        await store_on(client).append([commit("a", 1)])


async def test_a_clock_from_before_every_log_appends_nothing(client: Any) -> None:
    with pytest.raises(Broken, match="the clock says 1970-01"):
        await store_on(client, at=0).append([commit("a", 1, price())])
    assert client.scan(TableName=EVENTS)["Items"] == []


# --- replies that are lost


@pytest.mark.parametrize("rows", [(), (ROW,)], ids=["put", "transaction"])
async def test_a_reply_lost_after_the_write_is_a_success(client: Any, rows: tuple[Row]) -> None:
    lost = LostReplies(client, "TransactWriteItems" if rows else "PutItem", 1)
    watched = Watched(client)
    store = store_on(watched)
    await store.append([commit("a", 1, price())], rows)
    assert lost.sent == 2, "the client itself has tried again"
    assert watched.calls["get_item"] == 1, "and met what it had written the first time"
    await store.append([commit("a", 2, price())], rows)
    assert [one.version for one in await store.read("a")] == [1, 2]


@pytest.mark.parametrize("rows", [(), (ROW,)], ids=["put", "transaction"])
async def test_when_all_replies_are_lost_the_same_append_again_succeeds(
    client: Any, rows: tuple[Row]
) -> None:
    store = store_on(client)
    await store.append([commit("a", 1, price())])
    lost = LostReplies(client, "TransactWriteItems" if rows else "PutItem", 99)
    with pytest.raises(Retryable):
        await store.append([commit("a", 2, price())], rows)
    lost.left = 0
    for again in (store, store_on(client)):
        await again.append([commit("a", 2, price())], rows)
    with pytest.raises(Conflict):
        await store.append([commit("a", 2, price(), writer="other")], rows)
    assert [one.version for one in await store.read("a")] == [1, 2]


# --- refusals


@pytest.mark.parametrize(
    "codes",
    [
        ["None", "TransactionConflict"],
        ["ThrottlingError", "None"],
        ["ProvisionedThroughputExceeded", "TransactionConflict"],
    ],
)
async def test_a_transaction_in_the_way_is_waited_for(client: Any, codes: list[str]) -> None:
    watched = Watched(client, transact_write_items=failing(TRIES - 1, cancelled(*codes)))
    clock = SimulatedClock(START)
    store = DynamoEventStore(watched, PREFIX, clock, chance=lambda: 0.0)
    await store.append([commit("a", 1, price())], [ROW])
    assert watched.calls["transact_write_items"] == TRIES
    assert clock.now() - START == 1550, "50 + 100 + 200 + 400 + 800 ms, half of the longest waits"
    assert len({str(arguments) for _, arguments in watched.sent}) == 1, "the same with one token"
    assert await store.version("a") == 1


async def test_a_transaction_in_the_way_for_ever_is_retryable(client: Any) -> None:
    error = cancelled("TransactionConflict", "None")
    watched = Watched(client, transact_write_items=failing(99, error))
    with pytest.raises(Retryable, match=f"{TRIES} times"):
        await store_on(watched).append([commit("a", 1, price())], [ROW])
    assert watched.calls["transact_write_items"] == TRIES


async def test_a_put_that_meets_a_transaction_is_tried_again(client: Any) -> None:
    answer: Any = {"Error": {"Code": "TransactionConflictException", "Message": ""}}
    watched = Watched(client, put_item=failing(2, ClientError(answer, "PutItem")))
    await store_on(watched).append([commit("a", 1, price())])
    assert watched.calls["put_item"] == 3


async def test_a_condition_that_failed_beside_a_transaction_in_the_way_is_a_conflict(
    client: Any,
) -> None:
    error = cancelled("ConditionalCheckFailed", "TransactionConflict")
    watched = Watched(client, transact_write_items=failing(99, error))
    with pytest.raises(Conflict):
        await store_on(watched).append([commit("a", 1, price())], [ROW])
    assert watched.calls["transact_write_items"] == 1


@pytest.mark.parametrize("codes", [["ValidationError", "None"], ["None", "None"], []])
async def test_any_other_cancellation_is_broken(client: Any, codes: list[str]) -> None:
    watched = Watched(client, transact_write_items=failing(99, cancelled(*codes)))
    with pytest.raises(Broken, match=r"append: .*cancelled"):
        await store_on(watched).append([commit("a", 1, price())], [ROW])
    assert watched.calls["transact_write_items"] == 1


async def test_a_stage_that_is_not_there_is_refused(client: Any) -> None:
    store = DynamoEventStore(client, "other-", SimulatedClock(START))
    for rows in ((), (ROW,)):
        with pytest.raises(Refused, match="has this stage been deployed"):
            await store.append([commit("a", 1, price())], rows)
    with pytest.raises(Refused, match="has this stage been deployed"):
        await store.version("a")


# --- what a store remembers


async def test_a_remembered_head_that_is_old_is_no_more_than_a_hint(client: Any) -> None:
    mine, other = store_on(client), store_on(client)
    await mine.append([commit("a", 1, price())])
    await other.append([commit("a", 2, price(), price())])
    with pytest.raises(Conflict, match="a is at version 3, not at 1"):
        await mine.append([commit("a", 2, price())])
    await mine.append([commit("a", 4, price())])
    await other.append([commit("a", 5, price())])
    await mine.append([commit("a", 6, price())])
    assert [one.version for one in await mine.read("a")] == [1, 2, 4, 5, 6]


async def test_heads_and_streams_are_read_consistently(client: Any) -> None:
    await store_on(client).append([commit("a", 1, price()), commit("a", 2, price())])
    watched = Watched(client)
    store = store_on(watched)
    await store.version("a")
    await store.read("a")
    await store.read("a", 1, 2)
    await store_on(watched).append([commit("a", 3, price())])
    with pytest.raises(Conflict):
        await store_on(watched).append([commit("a", 1, price(), writer="other")])
    reads = [asked for name, asked in watched.sent if name in {"query", "get_item"}]
    assert len(reads) == 7
    assert all(asked["ConsistentRead"] for asked in reads)


async def test_a_long_lived_store_forgets_heads_and_goes_on(client: Any) -> None:
    store = store_on(client)
    await store.append([commit("a", 1, price())])
    store._heads |= dict.fromkeys(map(str, range(2_000)), store._heads["a"])
    await store.append([commit("a", 2, price())])
    assert [*store._heads] == ["a"]


# --- the order of commits


async def test_a_commit_stands_after_what_its_writer_had_read(client: Any) -> None:
    fast, slow = store_on(client, START + 50_000), store_on(client)
    await fast.append([commit("a", 1, price())])
    await slow.read("a")
    await slow.append([commit("b", 1, price())])
    await fast.append([commit("c", 1, price())])
    assert [one.stream for _, one in await everything(store_on(client))] == ["a", "b", "c"]


async def test_a_stream_ascends_though_its_writers_clocks_differ(client: Any) -> None:
    stores = [store_on(client, START + off) for off in (50_000, 0, 20_000)]
    for version in range(1, 10):
        await stores[version % 3].append([commit("a", version, price())])
    assert [one.version for _, one in await everything(stores[1])] == [*range(1, 10)]


async def test_a_log_is_read_across_months_and_years(client: Any) -> None:
    clock = SimulatedClock(START)
    store = DynamoEventStore(client, PREFIX, clock)
    for version in range(1, 8):
        await store.append([commit("a", version, price())])
        clock.move_to(clock.now() + 45 * DAY)
    found = await everything(store)
    assert [one.version for _, one in found] == [*range(1, 8)]
    assert len({month_of(position) for position, _ in found}) == 7
    for index, (position, _) in enumerate(found):
        assert await everything(store, position) == found[index + 1 :]


async def test_follow_gives_what_arrives_late_once(client: Any) -> None:
    clock = SimulatedClock(START)
    store = DynamoEventStore(client, PREFIX, clock)
    behind = store_on(client, START - 30_000)
    far_behind = store_on(client, START - 90_000)
    await store.append([commit("a", 1, price())])
    feed = store.follow()
    seen = [await anext(feed)]
    await behind.append([commit("late", 1, price())])
    await far_behind.append([commit("too late", 1, price())])
    await store.append([commit("a", 2, price())])
    seen += [await anext(feed), await anext(feed)]
    clock.move_to(clock.now() + 40_000)
    await store.append([commit("a", 3, price())])
    seen.append(await anext(feed))
    streams = [(one.stream, one.version) for _, one in seen]
    assert streams == [("a", 1), ("late", 1), ("a", 2), ("a", 3)]
    assert WINDOW_S == 60


async def test_follow_gives_nothing_twice_over_many_windows(client: Any) -> None:
    clock = SimulatedClock(START)
    store = DynamoEventStore(client, PREFIX, clock, poll_s=7)
    feed = store.follow()
    seen = []
    for version in range(1, 31):
        await store.append([commit("a", version, price())])
        clock.move_to(clock.now() + 11_000)
        seen.append((await anext(feed))[1].version)
    assert seen == [*range(1, 31)]


# --- pages, and what cannot be read


async def test_small_and_empty_pages_change_nothing(client: Any) -> None:
    paged = Watched(client, query=in_pages_of_one, scan=in_pages_of_one)
    store = store_on(paged, START + 600_000)
    for commits in mixed_history():
        await store.append(commits)
    written = [one for commits in mixed_history() for one in commits]
    assert [one for _, one in await everything(store)] == written
    for stream in {one.stream for one in written}:
        assert [*await store.read(stream)] == [one for one in written if one.stream == stream]
    assert await store.version("order/o1") == 5


async def test_a_commit_that_cannot_be_read_is_named(client: Any) -> None:
    store = store_on(client)
    for version in (1, 2):
        await store.append([commit("a", version, price())])
    key = {"stream": {"S": "a"}, "version": {"N": "2"}}
    await _edit(client, key, body={"B": b'[{"type": "Unknown", "schema": 1, "data": {}}]'})
    feed = store.read_all()
    assert (await anext(feed))[1].version == 1, "what stands before it is still given"
    with pytest.raises(Broken, match=r"a@2.*Unknown"):
        await anext(feed)
    await _edit(client, key, writer={"N": "7"})
    with pytest.raises(Broken, match=r"commit .*'a'.*'2'.* cannot be read"):
        await store.read("a")


async def _edit(client: Any, key: Any, **values: Any) -> None:
    item = client.get_item(TableName=EVENTS, Key=key)["Item"]
    client.put_item(TableName=EVENTS, Item=item | values)
