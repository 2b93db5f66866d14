"""Binance's public answers as values: candles, the server's time, the state of symbols.

The columns that are needed are judged strictly; whatever else an answer holds may change.
"""

from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from application.errors import Broken
from domain.events import Candle
from domain.instant import CANDLE, parse

MICROSECONDS_FROM: Final = 10**14
"""A time this large is in microseconds: in milliseconds it would be of the year 5138."""
_FIRST, _LAST = parse("2009-01-01"), parse("2100-01-01")
_COLUMNS = ("open time", "open", "high", "low", "close", "volume", "close time")


def _number(value: object) -> float:
    """A finite number out of a text or a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic wants it so
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise ValueError("not a number")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        found = float("nan")
    if not isfinite(found):
        raise ValueError("not a finite number")
    return found


def _moment(value: object) -> int:
    """Milliseconds out of milliseconds or microseconds, whichever the size says."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("not a time")  # noqa: TRY004 - pydantic wants it so
    # the range first: an int of 1e999999999 would not fit into memory
    if not _FIRST <= value < _LAST * 1000 or value != int(value):
        raise ValueError("not a time between 2009 and 2100")
    moment = int(value) // 1000 if value >= MICROSECONDS_FROM else int(value)
    if not _FIRST <= moment < _LAST:
        raise ValueError("not a time between 2009 and 2100")
    return moment


Moment = Annotated[int, BeforeValidator(_moment)]
_Price = Annotated[float, BeforeValidator(_number), Field(gt=0)]
_Volume = Annotated[float, BeforeValidator(_number), Field(ge=0)]
_ROWS = TypeAdapter(list[tuple[Moment, _Price, _Price, _Price, _Price, _Volume, Moment]])


class _Time(BaseModel):
    serverTime: Moment  # noqa: N815 - Binance's spelling


class _Symbol(BaseModel):
    symbol: str
    status: str


class _Info(BaseModel):
    symbols: list[_Symbol]


def candles(pair: str, body: Any) -> list[Candle]:
    """The 5-minute candles of a klines answer, each once; the newest may be forming.

    Of two rows with one open time the later one counts. Raises Broken with the row and column.
    """
    if not isinstance(body, list):
        raise Broken("klines: the answer is not a list of rows")
    rows = [row[: len(_COLUMNS)] if isinstance(row, list) else row for row in body]
    try:
        read = _ROWS.validate_python(rows)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Broken(f"klines: {_place(first['loc'])}: {first['msg']}") from None
    found: dict[int, Candle] = {}
    for number, (opened, start, high, low, end, volume, closes) in enumerate(read):
        if opened % CANDLE or closes != opened + CANDLE - 1:
            raise Broken(f"klines: row {number} is not a 5-minute candle")
        found[opened] = Candle(pair, opened, start, high, low, end, volume)
    return list(found.values())


def _place(loc: tuple[int | str, ...]) -> str:
    row, *column = loc
    return f"row {row}" + "".join(f", {_COLUMNS[int(one)]}" for one in column[:1])


def server_time(body: Any) -> int:
    """Binance's time in ms. Raises Broken."""
    found: _Time = _believed(_Time, "time", body)
    return found.serverTime


def statuses(body: Any) -> dict[str, str]:
    """TRADING, HALT or BREAK by symbol, of an exchangeInfo answer. Raises Broken."""
    info: _Info = _believed(_Info, "exchangeInfo", body)
    return {one.symbol: one.status for one in info.symbols}


def _believed(kind: Any, name: str, body: Any) -> Any:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the answer"
        raise Broken(f"{name}: {field}: {first['msg']}") from None
