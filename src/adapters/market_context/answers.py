"""What the three services of the market's mood have in common: asking, and believing an answer."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError

from adapters.http_reads import HttpReads, Patience, Read
from application.errors import Broken, ConfigurationError, Refused
from domain.instant import SECOND, parse

Value = TypeVar("Value")
Model = TypeVar("Model", bound=BaseModel)
TWICE: Final = Patience(attempts=2)
"""One retry, as nothing here is worth more."""
_FIRST, _LAST = parse("2009-01-01"), parse("2100-01-01")


def number(value: object) -> float:
    """A finite number out of a number or a text; the services change between the two."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic wants it so
    try:
        found = float(value)
    except (ValueError, OverflowError):
        found = float("nan")
    if not isfinite(found) or (isinstance(value, str) and "_" in value):
        raise ValueError("not a number")
    return found


def _moment(value: object) -> int:
    return _in_range(round(number(value)))


def _moment_of_seconds(value: object) -> int:
    return _in_range(round(number(value) * SECOND))


def _in_range(moment: int) -> int:
    if not _FIRST <= moment < _LAST:
        raise ValueError("not a moment between 2009 and 2100: in another unit?")
    return moment


Number = Annotated[float, BeforeValidator(number)]
Moment = Annotated[int, BeforeValidator(_moment)]
"""Milliseconds out of milliseconds."""
MomentOfSeconds = Annotated[int, BeforeValidator(_moment_of_seconds)]
"""Milliseconds out of seconds."""


def believed(kind: type[Model], body: Any) -> Model:
    """A body as a model of it; Broken names the field, and never repeats what was in it."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the answer"
        raise Broken(f"{field}: {first['msg']}") from None


async def asked(
    reads: HttpReads,
    url: str,
    read: Read[Value],
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Value:
    """One answer, or Retryable, Refused or Broken.

    An address that cannot be right loses its part of the mood and does not stop the trader.
    """
    try:
        return await reads.get(url, read, params, headers)
    except ConfigurationError as error:
        raise Refused(str(error)) from None
    except ArithmeticError:  # a number that Decimal cannot hold
        raise Broken("unreadable JSON: a number of that size") from None
