"""The log and its read models against an emulator of AWS that many writers can really race on.

Run by `python -m tests.rehearsal.emulator EMULATOR_PYTHON python -m pytest THIS_FILE`.
"""

import asyncio
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.clock.system import SystemClock
from adapters.event_store.dynamodb import DynamoEventStore
from adapters.exchange.coincheck.nonces_dynamodb import DynamoNonces
from adapters.read_models.dynamodb import DynamoReadModels
from application.errors import Conflict, Retryable
from application.read_models import PRICES
from domain.events import Commit
from tests.contracts.plugs import Plug, on_dynamodb
from tests.contracts.test_event_store import *  # noqa: F403 - the whole contract again
from tests.contracts.test_read_models import *  # noqa: F403
from tests.given.aws_client import LostReplies
from tests.given.aws_tables import REGION, create_tables, delete_tables
from tests.given.history import START, commit, price
from tests.rehearsal.emulator import ADDRESS

if ADDRESS not in os.environ:
    pytest.skip(
        f"{ADDRESS} is not set to the http address of an emulator; tests/rehearsal/emulator.py "
        "starts one",
        allow_module_level=True,
    )

pytestmark = pytest.mark.asyncio(loop_scope="function")
THREADS = 16
_names = itertools.count()


def connect() -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=os.environ[ADDRESS],
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no secret
        config=Config(
            max_pool_connections=THREADS, retries={"mode": "standard", "total_max_attempts": 3}
        ),
    )


@pytest.fixture
def client() -> Iterator[Any]:
    made = connect()
    yield made
    made.close()


@pytest.fixture
def prefix(client: Any) -> Iterator[str]:
    """Tables of its own for each test."""
    name = f"stage-{os.getpid()}-{next(_names)}-"
    create_tables(client, name)
    yield name
    delete_tables(client, name)


@pytest.fixture
def plug(client: Any, prefix: str) -> Plug:
    return on_dynamodb(client, prefix, lambda: None, many=600)


def new_store(client: Any, prefix: str) -> DynamoEventStore:
    return DynamoEventStore(client, prefix, SystemClock())


async def everything(store: DynamoEventStore) -> list[tuple[int, Commit]]:
    return [one async for one in store.read_all()]


def race(work: Callable[[str], None]) -> None:
    """Run it in all threads at once; what goes wrong in one fails the test."""
    together = threading.Barrier(THREADS)
    wrong: list[BaseException] = []

    def run(name: str) -> None:
        try:
            together.wait()
            work(name)
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(f"w{number}",)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


async def test_each_version_has_exactly_one_winner(client: Any, prefix: str) -> None:
    won: list[tuple[int, str]] = []
    together = threading.Barrier(THREADS)

    def work(name: str) -> None:
        store = new_store(client, prefix)
        for version in range(1, 11):
            together.wait()
            try:
                asyncio.run(store.append([commit("a", version, price(), writer=name)]))
            except Conflict:
                continue
            won.append((version, name))

    race(work)
    assert [version for version, _ in sorted(won)] == list(range(1, 11))
    found = await new_store(client, prefix).read("a")
    assert [(one.version, one.writer) for one in found] == sorted(won)


async def test_writers_that_try_again_lose_no_event(client: Any, prefix: str) -> None:
    def work(name: str) -> None:
        store = new_store(client, prefix)
        left = 6
        while left:
            stream = "ab"[left % 2]
            version = asyncio.run(store.version(stream)) + 1
            try:
                asyncio.run(store.append([commit(stream, version, price(), writer=name)]))
            except Conflict:
                continue
            left -= 1

    race(work)
    found = await everything(new_store(client, prefix))
    assert len(found) == 6 * THREADS
    for stream in "ab":
        mine = [(one.version, at) for at, one in found if one.stream == stream]
        assert [version for version, _ in mine] == list(range(1, 3 * THREADS + 1))
        assert sorted(at for _, at in mine) == [at for _, at in mine]


async def test_transactions_of_two_streams_and_a_row_are_all_or_none(
    client: Any, prefix: str
) -> None:
    won: list[tuple[int, str]] = []
    together = threading.Barrier(THREADS)

    def work(name: str) -> None:
        store = new_store(client, prefix)
        for version in range(1, 7):
            both = [commit(stream, version, price(), writer=name) for stream in "ab"]
            row = price(START + version, float(int(name[1:]) + 1)).candle
            together.wait()
            try:
                # half of them name the streams the other way round
                order = both if int(name[1:]) % 2 else both[::-1]
                asyncio.run(store.append(order, [(PRICES, row)]))
            except Conflict:
                continue
            won.append((version, name))

    race(work)
    assert [version for version, _ in sorted(won)] == list(range(1, 7))
    store = new_store(client, prefix)
    for stream in "ab":
        assert [(one.version, one.writer) for one in await store.read(stream)] == sorted(won)
    clock = on_dynamodb(client, prefix, lambda: None, many=0).clock
    rows = await DynamoReadModels(client, prefix, clock).since(PRICES, price().candle.pair, 0)
    assert [f"w{int(row.close) - 1}" for row in rows] == [name for _, name in sorted(won)]


@pytest.mark.parametrize("rows", [(), ((PRICES, price().candle),)], ids=["put", "transaction"])
async def test_a_reply_lost_after_the_write_is_a_success(
    client: Any, prefix: str, rows: Any
) -> None:
    operation = "TransactWriteItems" if rows else "PutItem"
    lost = LostReplies(client, operation, 1, over_the_wire=True)
    store = new_store(client, prefix)
    await store.append([commit("a", 1, price())], rows)
    assert lost.sent == 2, "the client itself has tried again"
    assert await store.read("a") == (commit("a", 1, price()),)
    await store.append([commit("a", 2, price())], rows)
    assert await store.version("a") == 2


async def test_one_token_is_one_transaction(client: Any, prefix: str) -> None:
    def write(version: int) -> None:
        item = {"stream": {"S": "a"}, "version": {"N": str(version)}}
        put = {
            "TableName": f"{prefix}events",
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#s)",
            "ExpressionAttributeNames": {"#s": "stream"},
        }
        client.transact_write_items(TransactItems=[{"Put": put}], ClientRequestToken="t" * 36)

    write(1)
    write(1)
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        write(2)


async def test_nonces_rise_in_all_threads_and_none_is_given_out_twice(
    client: Any, prefix: str
) -> None:
    now = SystemClock().now()
    taken: list[int] = []

    def work(_: str) -> None:
        nonces = DynamoNonces(client, prefix)
        own: list[int] = []
        while len(own) < 5:
            with suppress(Retryable):
                own.append(nonces.reserve("key", now))
        assert own == sorted(own)
        taken.extend(own)

    race(work)
    assert len(set(taken)) == len(taken) == 5 * THREADS
    assert DynamoNonces(client, prefix).last("key") == max(taken)
