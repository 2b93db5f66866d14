"""What a key may do, found out by reading alone, and what the account pays.

Certain: the exchange has permissions by function, and a list that is answered may be read with
this key. Not certain: with which status and text a missing permission is refused (401 or 403 with
a JSON refusal is believed, once another call of the key was answered), and what cannot be read. A
key that may ask for a withdrawal and was given none of the three lists would not be noticed: that
right cannot be tried without asking for one, which is not done here. Whether it may place orders
shows at the first one.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import attrs

from adapters.exchange.coincheck.calls import ORDERS, Calls
from adapters.exchange.coincheck.errors import Shape
from adapters.exchange.coincheck.exchange import DETAILS_A_SECOND
from adapters.exchange.coincheck.nonces import SqliteNonces
from adapters.exchange.coincheck.pacing import Pace
from adapters.exchange.coincheck.readings import page, taker_fees
from application.errors import Broken, ConfigurationError, Retryable
from application.ports.clock import Clock

NEEDED: Final = {
    "balance": "/api/accounts/balance",
    "account": "/api/accounts",
    "open orders": f"{ORDERS}/opens",
    "transactions": f"{ORDERS}/transactions_pagination",
}
"""What the trader reads with its key: permission and path."""
MOVING: Final = {
    "withdrawals": "/api/withdraws",
    "bank accounts": "/api/bank_accounts",
    "sent coins": "/api/send_money",
}
"""What only a key reads that has rights over money that leaves."""
_QUERIES: Final = {"sent coins": {"currency": "BTC"}}
_NONCE: Final = "nonce must be incremented"


class Told(StrEnum):
    """What came of one question."""

    ANSWERED = "answered"
    FORBIDDEN = "forbidden"
    NONCE = "nonce too small"
    UNREACHED = "not reached"
    UNCLEAR = "unclear"


@attrs.frozen(slots=True, weakref_slot=False)
class Answer:
    """One list, whether it is the key's to read, and what was said instead."""

    name: str
    told: Told
    text: str = ""


async def asked(calls: Calls, name: str) -> Answer:
    """Read one list of NEEDED or MOVING, and throw it away. Raises nothing of the outside."""
    path = NEEDED.get(name) or MOVING[name]
    try:
        await calls.private(path, _answered, **_QUERIES.get(name, {}))
    except ConfigurationError as failure:
        # a page of somebody on the way is no word of the exchange
        is_refusal = f", {Shape.REFUSAL}: " in str(failure)
        return Answer(name, Told.FORBIDDEN if is_refusal else Told.UNCLEAR, str(failure))
    except Retryable as failure:
        is_nonce = _NONCE in str(failure).lower()
        return Answer(name, Told.NONCE if is_nonce else Told.UNREACHED, str(failure))
    except Broken as failure:
        return Answer(name, Told.UNCLEAR, str(failure))
    return Answer(name, Told.ANSWERED)


async def fees(calls: Calls) -> dict[str, Decimal]:
    """Taker fees as fractions by the exchange's pair.

    Raises Retryable, Broken or ConfigurationError. The unit (per cent) is the documentation's.
    """
    return await calls.private(NEEDED["account"], taker_fees)


async def knows_order_one(calls: Calls, clock: Clock) -> bool:
    """Whether order 1, which is somebody else's, is told as if it were ours.

    Raises Retryable, Broken or ConfigurationError for an answer that is neither yes nor no: then
    it is not certain that an order which does not exist would be recognised as such.
    """
    pace = Pace(clock, calls=DETAILS_A_SECOND)
    return await calls.status_of(f"{ORDERS}/1", lambda _: True, pace) is not None


async def two_pages(calls: Calls) -> tuple[list[int], list[int]]:
    """Ids of the newest page of fills, asked for with one row, and of the page after it.

    Raises Retryable, Broken or ConfigurationError.
    """
    path, query = NEEDED["transactions"], {"limit": "1", "order": "desc"}
    first, _ = await calls.private(path, page, **query)
    if not first:
        return [], []
    second, _ = await calls.private(path, page, **query, starting_after=first[-1].id)
    return [int(one.id) for one in first], [int(one.id) for one in second]


def newest_nonce(nonces: SqliteNonces, key_id: str) -> int:
    """The largest number given out for a key (microseconds); 0 if none. It uses one up.

    Raises ConfigurationError for a mark of another unit or a damaged file, Retryable when the
    file is busy.
    """
    # asked as if the clock stood at its beginning, it can but count on from its mark
    return nonces.reserve(key_id, 0) - 1


def _answered(value: Any) -> None:
    if not isinstance(value, dict) or value.get("success") is not True:
        raise Broken("an answer that does not say success")
