"""One atomic write to DynamoDB: what is sent, sent again, and what its refusals mean."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, code_of
from adapters.read_models.dynamodb_items import Action, size_of
from application.errors import Retryable
from application.ports.clock import Clock

MOST_ACTIONS: Final = 100
MOST_BYTES: Final = 4 * 1024 * 1024
"""Limits of a transaction."""
TRIES: Final = 6
_FIRST_WAIT_S: Final = 0.05
_CONDITION: Final = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
_LATER: Final = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Somebody is writing to one of the items just now, or too much is being written."""


def check_limits(actions: Sequence[Action]) -> None:
    """Raises ValueError for more than a transaction holds."""
    if len(actions) > MOST_ACTIONS:
        raise ValueError(
            f"an append of {len(actions)} items, and DynamoDB writes {MOST_ACTIONS} at once: "
            "append fewer commits and rows at a time"
        )
    size = sum(size_of(one.get("Item") or one["Key"]) for way in actions for one in way.values())
    if size > MOST_BYTES:
        raise ValueError(
            f"an append of {size} bytes, and DynamoDB writes {MOST_BYTES} at once: "
            "append fewer commits and rows at a time"
        )


class AtomicWrite:
    """Writes all or nothing. `chance` in [0, 1) spreads what is tried again."""

    def __init__(self, client: Any, clock: Clock, chance: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._chance = chance

    async def write(self, actions: Sequence[Action]) -> bool:
        """True when all is written; False when a condition failed, so that nothing is.

        A lone Put costs half as much outside a transaction. Raises Retryable when others go on
        writing to the same items, ValueError for more than one transaction holds, OutsideError.
        """
        check_limits(actions)
        for turn in range(TRIES):
            if turn:
                wait = _FIRST_WAIT_S * 2**turn
                await self._clock.sleep(wait * (0.5 + 0.5 * self._chance()))
            try:
                self._send(actions)
            except ClientError as error:
                reasons = _reasons(error)
                if reasons & _CONDITION:
                    return False
                if not reasons or reasons - _LATER:
                    raise as_ours("append", error) from error
            except BotoCoreError as error:
                raise as_ours("append", error) from error
            else:
                return True
        raise Retryable(f"append: others were writing to the same items, {TRIES} times in a row")

    def _send(self, actions: Sequence[Action]) -> None:
        if len(actions) == 1 and "Put" in actions[0]:
            self._client.put_item(**actions[0]["Put"])
        else:
            # a repeat by the client whose first reply was lost is then no second write
            token = sha256(msgspec.json.encode(actions)).hexdigest()[:36]
            self._client.transact_write_items(TransactItems=actions, ClientRequestToken=token)


def _reasons(error: ClientError) -> set[str]:
    """Why nothing was written: one code for each action that was refused."""
    code = code_of(error)
    if code != "TransactionCanceledException":
        return {code}
    told = error.response.get("CancellationReasons", [])
    return {reason.get("Code", "None") for reason in told} - {"None"}
