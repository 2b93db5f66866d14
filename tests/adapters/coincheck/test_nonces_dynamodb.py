"""Numbers only rise in all functions that use a key, whatever is lost on the way."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.nonces import LARGEST, hashed
from adapters.exchange.coincheck.nonces_dynamodb import DynamoNonces
from application.errors import ConfigurationError, Refused, Retryable
from tests.given.aws_client import LostReplies, Watched
from tests.given.aws_tables import PREFIX, stage_in_moto

NOW = 1_758_446_050_000
KEY = "some-key"
ITEM = {"pair": {"S": f"#nonce/{hashed(KEY)}"}}
TABLE = f"{PREFIX}analysis_state"


@pytest.fixture
def client() -> Iterator[Any]:
    with stage_in_moto() as made:
        yield made


def store(client: Any, **mark: Any) -> None:
    client.put_item(TableName=TABLE, Item={**ITEM, **mark})


def test_a_nonce_is_the_time_in_microseconds_or_one_more_than_the_last(client: Any) -> None:
    nonces = DynamoNonces(client, PREFIX)
    assert nonces.last(KEY) == 0
    assert nonces.reserve(KEY, NOW) == NOW * 1000
    assert nonces.reserve(KEY, NOW) == NOW * 1000 + 1
    assert nonces.reserve(KEY, NOW - 3_600_000) == NOW * 1000 + 2  # the clock was put back
    assert nonces.reserve(KEY, NOW + 1) == NOW * 1000 + 1000
    assert nonces.reserve("another", NOW - 5) == (NOW - 5) * 1000
    assert nonces.last(KEY) == NOW * 1000 + 1000


def test_of_processes_that_take_turns_each_gets_a_larger_number(client: Any) -> None:
    processes = [DynamoNonces(client, PREFIX) for _ in range(3)]
    numbers = [processes[turn % 3].reserve(KEY, NOW - turn) for turn in range(12)]
    assert numbers == sorted(set(numbers))
    assert DynamoNonces(client, PREFIX).reserve(KEY, NOW - 86_400_000) == numbers[-1] + 1


def test_a_number_that_another_took_in_between_is_not_given_out(client: Any) -> None:
    other = DynamoNonces(client, PREFIX)
    taken: list[int] = []

    def second(real: Any, **arguments: Any) -> Any:
        if len(taken) < 4:
            taken.append(other.reserve(KEY, NOW))
        return real(**arguments)

    number = DynamoNonces(Watched(client, update_item=second), PREFIX).reserve(KEY, NOW)
    assert number > max(taken)
    assert number == other.last(KEY)


def test_a_key_that_others_never_leave_alone_is_retryable(client: Any) -> None:
    other = DynamoNonces(client, PREFIX)

    def always_second(real: Any, **arguments: Any) -> Any:
        other.reserve(KEY, NOW)
        return real(**arguments)

    nonces = DynamoNonces(Watched(client, update_item=always_second), PREFIX)
    with pytest.raises(Retryable, match="10 times"):
        nonces.reserve(KEY, NOW)


def test_a_lost_reply_uses_up_a_number(client: Any) -> None:
    nonces = DynamoNonces(client, PREFIX)
    first = nonces.reserve(KEY, NOW)
    lost = LostReplies(client, "UpdateItem", 1)
    assert nonces.reserve(KEY, NOW) == first + 2
    lost.left = 99
    with pytest.raises(Retryable):
        nonces.reserve(KEY, NOW)
    lost.left = 0
    assert nonces.reserve(KEY, NOW) == first + 4


def test_the_key_itself_is_not_in_the_table(client: Any) -> None:
    DynamoNonces(client, PREFIX).reserve(KEY, NOW)
    (item,) = client.scan(TableName=TABLE)["Items"]
    assert item == {
        **ITEM,
        "kind": {"S": "nonce"},
        "unit": {"S": "us"},
        "last": {"N": str(NOW * 1000)},
    }
    assert KEY not in json.dumps(item)


def test_a_mark_in_the_far_future_is_counted_up_from(client: Any) -> None:
    future = (NOW + 400 * 86_400_000) * 1000
    store(client, unit={"S": "us"}, last={"N": str(future)})
    assert DynamoNonces(client, PREFIX).reserve(KEY, NOW) == future + 1


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ({"unit": {"S": "ms"}, "last": {"N": str(NOW)}}, "'ms'"),
        ({"unit": {"S": "ns"}, "last": {"N": str(NOW * 1_000_000)}}, "'ns'"),
        ({"unit": {"S": "us"}}, "damaged"),
        ({"unit": {"S": "us"}, "last": {"N": str(LARGEST)}}, "used up"),
    ],
)
def test_a_mark_that_cannot_be_counted_up_from_is_refused(
    client: Any, mark: Any, said: str
) -> None:
    store(client, **mark)
    with pytest.raises(ConfigurationError, match=said) as raised:
        DynamoNonces(client, PREFIX).reserve(KEY, NOW)
    assert "new API key" in str(raised.value)
    assert KEY not in str(raised.value)
    (item,) = client.scan(TableName=TABLE)["Items"]
    assert item == {**ITEM, **mark}


def test_a_role_that_may_not_write_is_refused(client: Any) -> None:
    def forbidden(_: Any, **__: Any) -> Any:
        answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
        raise ClientError(answer, "UpdateItem")

    with pytest.raises(Refused, match="lacks this permission"):
        DynamoNonces(Watched(client, update_item=forbidden), PREFIX).reserve(KEY, NOW)


def test_tasks_call_one_after_the_other_and_wait_no_longer_than_told(client: Any) -> None:
    async def card() -> None:
        nonces, clock = DynamoNonces(client, PREFIX), SimulatedClock(NOW)
        async with nonces.turn(KEY, clock, 0):
            with pytest.raises(Retryable, match="took longer"):
                async with nonces.turn(KEY, clock, 0):
                    pass
            async with nonces.turn("another", clock, 0):
                pass
        async with nonces.turn(KEY, clock, 0):
            pass

    asyncio.run(card())
