"""Replies of the exchange, as far as we read them: numbers are exact, unknown fields ignored."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from adapters.exchange.coincheck.errors import Shape
from application.errors import Broken
from domain.instant import parse

EARLIEST: Final = parse("2009-01-01")
LATEST: Final = parse("2100-01-01")
_PLAIN: Final = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?")
_WIDEST: Final = 24
"""Powers of ten in which an amount or price of this world lies."""


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        number = value
    elif _PLAIN.fullmatch(_written(value)):
        number = Decimal(_written(value))
    else:
        raise ValueError("should be a number")
    if not number.is_finite() or (number and not -_WIDEST < number.adjusted() < _WIDEST):
        raise ValueError("is a number out of this world")
    if len(number.as_tuple().digits) > 2 * _WIDEST:
        raise ValueError("has too many digits")
    return number


def _written(value: object) -> str:
    """A text or whole number as it was written; nothing for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_WIDEST:
        return str(value)
    return ""


def _id(value: object) -> str:
    written = _written(value)
    number = int(written) if written.isascii() and written.isdigit() and len(written) < 20 else 0
    if not 0 < number < 2**63:
        raise ValueError("should be an id: a whole number above 0")
    return str(number)


def _in_range(moment: int) -> int:
    if not EARLIEST <= moment < LATEST:
        raise ValueError("is no time between 2009 and 2100")
    return moment


def _iso(value: object) -> int:
    if not isinstance(value, str) or len(value) < 19 or not value.isascii():
        raise ValueError("should be an ISO 8601 time")
    try:
        return _in_range(parse(value))
    except OverflowError:
        raise ValueError("is no time between 2009 and 2100") from None


def _seconds(value: object) -> int:
    return _in_range(int(_number(value) * 1000))


Number = Annotated[Decimal, BeforeValidator(_number)]
Id = Annotated[str, BeforeValidator(_id)]
IsoTime = Annotated[int, BeforeValidator(_iso)]
"""ms since 1970, of ISO text."""
SecondsTime = Annotated[int, BeforeValidator(_seconds)]
"""ms since 1970, of seconds."""


class _Payload(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Private(_Payload):
    success: Literal[True]


class TickerPayload(_Payload):
    """GET /api/ticker."""

    last: Number
    bid: Number
    ask: Number
    timestamp: SecondsTime


class Availability(_Payload):
    """What a pair's market takes."""

    market_order: bool


class MarketStatus(_Payload):
    """One pair's market."""

    pair: str
    status: str
    availability: Availability


class StatusPayload(_Payload):
    """GET /api/exchange_status."""

    exchange_status: list[MarketStatus]


class AcceptedPayload(_Private):
    """POST /api/exchange/orders."""

    id: Id
    pair: str | None = None
    order_type: str | None = None


class OrderPayload(_Private):
    """GET /api/exchange/orders/{id}."""

    id: Id
    pair: str
    status: str
    order_type: Literal["buy", "sell", "market_buy", "market_sell"]
    rate: Number | None
    amount: Number | None = None
    market_buy_amount: Number | None = None
    executed_amount: Number | None = None
    executed_market_buy_amount: Number | None = None
    expired_amount: Number | None = None
    created_at: IsoTime


class OpenOrder(_Payload):
    """One row of the open orders; a market order has no rate."""

    id: Id
    pair: str
    order_type: Literal["buy", "sell", "market_buy", "market_sell"]
    rate: Number | None
    created_at: IsoTime


class OpensPayload(_Private):
    """GET /api/exchange/orders/opens."""

    orders: list[OpenOrder]


class Transaction(_Payload):
    """One fill; `funds` are the account's changes, signed and net of the fee."""

    id: Id
    order_id: Id
    pair: str
    side: Literal["buy", "sell"]
    rate: Number
    funds: dict[str, Number]
    fee: Number | None = None
    fee_currency: str | None = None
    created_at: IsoTime


class Paging(_Payload):
    """How the exchange cut the list."""

    limit: int


class TransactionsPayload(_Private):
    """GET /api/exchange/orders/transactions_pagination."""

    pagination: Paging
    data: list[Transaction]


class BalancePayload(_Private):
    """GET /api/accounts/balance: seven fields per currency, read by name."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    def amount(self, name: str) -> Decimal:
        """One field. Raises Broken when it is missing, no number, or negative."""
        try:
            found = _number((self.model_extra or {})[name])
        except KeyError:
            raise Broken(f"balance: {name} is missing") from None
        except ValueError as error:
            raise Broken(f"balance: {name} {error}") from None
        if found < 0:
            raise Broken(f"balance: {name} is negative")
        return found


class FeeRates(_Payload):
    """Fees of one pair, in per cent."""

    taker_fee_rate: Number


class AccountPayload(_Private):
    """GET /api/accounts."""

    exchange_fees: dict[str, FeeRates]


AnyPayload = TypeVar("AnyPayload", bound=_Payload)


def loaded(body: bytes) -> tuple[Shape, Any]:
    """What a body is, and its JSON if it is any."""
    if not body.strip():
        return Shape.EMPTY, None
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, InvalidOperation, RecursionError):
        return Shape.HTML if body.lstrip().startswith(b"<") else Shape.UNREADABLE, None
    refused = isinstance(value, dict) and value.get("success") is False
    return Shape.REFUSAL if refused else Shape.ANSWER, value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def reason_of(value: Any) -> str:
    """The words of a refusal."""
    said = value.get("error") if isinstance(value, dict) else None
    if isinstance(said, str):
        return said
    return "no reason was given" if said is None else json.dumps(said, default=str)


def believed(kind: type[AnyPayload], value: Any, what: str) -> AnyPayload:
    """The payload as a value. Raises Broken that names the first field that is wrong."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise Broken(f"{what}: {field}: {first['msg']}"[:300]) from None
    except RecursionError:
        raise Broken(f"{what}: the whole is nested too deeply") from None
