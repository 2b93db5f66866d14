"""Numbers that only rise, in all functions that use a key: one item of DynamoDB a key.

Same unit, same rule as the file at home (`nonces`): microseconds, or one more than the last. The
item stands in the table analysis_state under `#nonce/` and a hash of the key.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, call, code_of
from adapters.exchange.coincheck.nonces import UNIT, hashed, held, next_number
from application.errors import ConfigurationError, Retryable
from application.ports.clock import Clock

KIND: Final = "nonce"
_TRIES: Final = 10


class DynamoNonces:
    """The newest number of each key, written before it is given out.

    Nothing here keeps two processes from calling at once: the queue hands over one message of
    its group at a time, and a function that outlives its message has a smaller number, which
    the exchange turns away.
    """

    def __init__(self, client: Any, prefix: str) -> None:
        self._client = client
        self._table = f"{prefix}analysis_state"
        self._last: dict[str, int] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def reserve(self, key_id: str, now: int) -> int:
        """The next number; see Nonces. A lost reply uses up a number that nobody gets."""
        key = hashed(key_id)
        for _ in range(_TRIES):
            number = next_number(now, self._last.get(key, 0))
            if self._write(key, number):
                self._last[key] = number
                return number
            self._last[key] = self.last(key_id)
        raise Retryable(f"others were reserving nonces of this key, {_TRIES} times in a row")

    def last(self, key_id: str) -> int:
        """The newest number of a key; 0 before the first. Raises as `reserve` does."""
        answer = call(
            "read of the nonce",
            self._client.get_item,
            TableName=self._table,
            Key=self._key(hashed(key_id)),
            ConsistentRead=True,
        )
        return self._checked(answer["Item"]) if "Item" in answer else 0

    @asynccontextmanager
    async def turn(self, key_id: str, clock: Clock, wait_s: float) -> AsyncIterator[None]:
        """Wait for the other tasks of this process."""
        del clock
        async with held(self._locks[key_id], wait_s):
            yield

    def _write(self, key: str, number: int) -> bool:
        """False when another number, as large or larger or of another unit, stands there."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key(key),
                UpdateExpression="SET #last = :number, #unit = :unit, #kind = :kind",
                ConditionExpression="attribute_not_exists(#pair) OR"
                " (#last < :number AND #unit = :unit)",
                ExpressionAttributeNames={
                    "#last": "last",
                    "#unit": "unit",
                    "#kind": "kind",
                    "#pair": "pair",
                },
                ExpressionAttributeValues={
                    ":number": {"N": str(number)},
                    ":unit": {"S": UNIT},
                    ":kind": {"S": KIND},
                },
            )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise as_ours("reserving a nonce", error) from error
        except BotoCoreError as error:
            raise as_ours("reserving a nonce", error) from error
        return True

    def _checked(self, item: Any) -> int:
        unit, last = item.get("unit", {}).get("S"), item.get("last", {}).get("N", "")
        if unit != UNIT:
            raise ConfigurationError(
                f"nonce in {self._table}: this key was used with nonces in {unit!r}, and this "
                f"program counts in {UNIT!r}: make a new API key at the exchange"
            )
        if not last.isdecimal():
            raise ConfigurationError(
                f"nonce in {self._table}: the mark {last!r} is damaged: make a new API key at the "
                f"exchange and delete the item {item.get('pair')}"
            )
        return int(last)

    def _key(self, key: str) -> dict[str, Any]:
        return {"pair": {"S": f"#nonce/{key}"}}
