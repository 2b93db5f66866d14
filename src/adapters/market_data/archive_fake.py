"""Binance's published candles as a server on loopback: archives, checksums, single candles.

Zips are made on the fly out of given series, as data.binance.vision has them: no header line,
microseconds from 2025 on, daily files the next day, monthly ones from the first Monday after the
month. Beside them are GET /api/v3/klines and /api/v3/time. A fault is played on the next calls of
a point, or on all of them, when told to. It knows nothing of the program that reads it.
"""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from functools import lru_cache
from threading import Event
from typing import Final

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from adapters.loopback.faults import ScriptedFaults
from domain.instant import CANDLE, DAY, HOUR, parse, to_datetime
from domain.market.candle_series import CandleSeries

MONTHLY: Final = "monthly"
DAILY: Final = "daily"
KLINES: Final = "klines"
TIME: Final = "time"
"""Points: also `klines ETHUSDT`, ETHUSDT-5m-2025-01 (a zip and its checksum alike),
ETHUSDT-5m-2025-01.zip and ETHUSDT-5m-2025-01.zip.CHECKSUM."""
_WRITTEN = (
    *("corrupt-zip", "encrypted", "two-files", "incomplete", "empty", "header", "reissued"),
    *("doubles", "bad-rows", "milliseconds"),
)
"""Faults that are in the zip itself: its checksum agrees."""
FAULTS: Final = (
    *("404", "404-page", "429", "451", "503", "html", "slow", "truncated", "moved"),
    *("bad-checksum", "no-checksum", "odd-checksum"),
    *_WRITTEN,
)
_MICROSECONDS_FROM = parse("2025-01-01")
_DAILY_AFTER = 8 * HOUR
_HEADER = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker,taker_q,ignore"
_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
    "<Message>The specified key does not exist.</Message></Error>"
)
_PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
_NAME = re.compile(r"([A-Z]+)-5m-(\d{4}-\d{2}(?:-\d{2})?)\.zip(\.CHECKSUM)?")


@attrs.define(slots=True, weakref_slot=False)
class ArchiveData:
    """Series by symbol, and the moment (ms) at which the server believes to be."""

    series: dict[str, CandleSeries]
    now: int


def make_app(data: ArchiveData) -> Starlette:
    """Archives and REST under one address; `app.state.faults` takes the script.

    `app.state.holding` is set once a call is being held.
    """
    fake = _Fake(data)
    path = "/data/spot/{kind}/klines/{symbol}/5m/{name}"
    rest = [Route(f"/api/v3/{one}", fake.rest) for one in (KLINES, TIME)]
    app = Starlette(routes=[Route(path, fake.archive), *rest])
    app.state.faults, app.state.data, app.state.holding = fake.faults, data, fake.holding
    app.state.let_go = fake.faults.let_go
    return app


class _Fake:
    def __init__(self, data: ArchiveData) -> None:
        self.faults = ScriptedFaults(FAULTS)
        self.holding = Event()
        self._data = data

    async def archive(self, request: Request) -> Response:
        self.faults.asked.append(request)
        kind, symbol, name = (request.path_params[one] for one in ("kind", "symbol", "name"))
        base, is_sum = name.partition(".")[0], name.endswith(".CHECKSUM")
        fault = self.faults.draw(name, base, kind)
        refusal = _refusal(fault)
        if refusal is not None:
            return refusal
        period = _published(self._data, kind, symbol, name)
        if period is None or fault == "404" or (fault == "no-checksum" and is_sum):
            return Response(_XML, 404, media_type="application/xml")
        written = fault if fault in _WRITTEN else None
        body = _zip(base, self._data.series[symbol], *period, written)
        if is_sum:
            body = _checksum(body, f"{base}.zip", fault)
        if fault == "slow":
            headers = {"Content-Length": str(len(body))}
            return StreamingResponse(self._half(body), headers=headers)
        sent = body[: len(body) // 2] if fault == "truncated" else body
        return Response(sent, media_type="text/plain" if is_sum else "application/zip")

    async def rest(self, request: Request) -> Response:
        self.faults.asked.append(request)
        point = request.url.path.rpartition("/")[2]
        fault = self.faults.draw(f"{point} {request.query_params.get('symbol')}", point)
        if fault == "slow":
            self.holding.set()
            await self.faults.held()
        answer = _refusal(fault)
        if answer is not None:
            return answer
        if point == TIME:
            answer = JSONResponse({"serverTime": self._data.now})
        else:
            answer = _klines(self._data, request.query_params, fault)
        body = bytes(answer.body)
        sent = body[: len(body) // 2] if fault == "truncated" else body
        return Response(sent, answer.status_code, media_type="application/json")

    async def _half(self, body: bytes) -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        self.holding.set()
        await self.faults.held()


def _refusal(fault: str | None) -> Response | None:
    match fault:
        case "404-page":
            return HTMLResponse(_PAGE, 404)
        case "429":
            return JSONResponse({"code": -1003, "msg": "Too many requests."}, 429)
        case "451":
            said = "Service unavailable from a restricted location."
            return JSONResponse({"code": 0, "msg": said}, 451)
        case "503":
            return HTMLResponse(_PAGE, 503)
        case "html":
            return HTMLResponse(_PAGE)
        case "moved":
            return Response(status_code=301, headers={"Location": "https://moved.invalid/"})
        case _:
            return None


def _published(data: ArchiveData, kind: str, symbol: str, name: str) -> tuple[int, int] | None:
    """The period of an archive (ms), if it is there by now and has any candle."""
    found = _NAME.fullmatch(name)
    if found is None or found[1] != symbol or symbol not in data.series:
        return None
    when = found[2]
    if kind == MONTHLY and len(when) == 7:
        start = parse(f"{when}-01")
        end = _next_month(start)
        there_from = end + (7 - to_datetime(end).weekday()) % 7 * DAY
    elif kind == DAILY and len(when) == 10:
        start = parse(when)
        end = start + DAY
        there_from = end + _DAILY_AFTER
    else:
        return None
    is_there = data.now >= there_from and len(data.series[symbol].between(start, end))
    return (start, end) if is_there else None


def _next_month(start: int) -> int:
    later = to_datetime(start + 31 * DAY)
    return parse(f"{later:%Y-%m-01}")


@lru_cache(maxsize=128)
def _zip(base: str, whole: CandleSeries, start: int, end: int, fault: str | None) -> bytes:
    """The same bytes for the same candles, as a checksum needs it."""
    series = whole.between(start, end)
    rows = [_row(series, at, _unit(series, at, fault)) for at in range(len(series))]
    if fault == "incomplete":
        # a stretch, and single ones all over
        rows = [one for at, one in enumerate(rows) if not 5 <= at < 9 and at % 1000 != 700]
    elif fault == "reissued":
        rows[-1][5] = str(Decimal(rows[-1][5]) + 1)
    elif fault == "doubles":
        rows = [*rows[:2], *rows[1:]]
    elif fault == "bad-rows":
        rows[1][2], rows[2][4], rows[3][0] = "0", "nan", "57111"
        rows.insert(5, [*rows[4][:5], "1.5", *rows[4][6:]])
    text = io.StringIO(newline="")
    if fault == "header":
        text.write(_HEADER + "\n")
    if fault != "empty":
        csv.writer(text, lineterminator="\n").writerows(rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in [base, "more"][: 2 if fault == "two-files" else 1]:
            info = zipfile.ZipInfo(f"{name}.csv", (2025, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.getvalue())
    body = bytearray(packed.getvalue())
    if fault == "corrupt-zip":
        body[40 : len(body) // 2] = bytes(len(body) // 2 - 40)
    elif fault == "encrypted":
        body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def _unit(series: CandleSeries, at: int, fault: str | None) -> int:
    in_microseconds = int(series.open_time[at]) >= _MICROSECONDS_FROM and fault != "milliseconds"
    return 1000 if in_microseconds else 1


def _row(series: CandleSeries, at: int, unit: int) -> list[str]:
    opened = int(series.open_time[at])
    columns = (series.open, series.high, series.low, series.close, series.volume)
    numbers = [_decimal(float(one[at])) for one in columns]
    closed = (opened + CANDLE) * unit - 1
    return [str(opened * unit), *numbers, str(closed), "0.0", "1", "0.0", "0.0", "0"]


def _decimal(value: float) -> str:
    """The shortest decimal of a float, with eight decimals at least, as Binance writes it."""
    exact = Decimal(repr(value))
    exponent = exact.as_tuple().exponent
    return f"{exact:.{max(8, -int(exponent))}f}"


def _checksum(body: bytes, name: str, fault: str | None) -> bytes:
    if fault == "odd-checksum":
        return b"see the web site"
    digest = hashlib.sha256(b"other" if fault == "bad-checksum" else body).hexdigest()
    return f"{digest}  {name}\n".encode()


def _klines(data: ArchiveData, asked: Mapping[str, str], fault: str | None) -> Response:
    symbol = asked.get("symbol", "")
    if fault == "404" or symbol not in data.series:
        return JSONResponse({"code": -1121, "msg": "Invalid symbol."}, 400)
    if asked.get("interval") != "5m":
        return JSONResponse({"code": -1120, "msg": "Invalid interval."}, 400)
    limit = min(1000, int(asked.get("limit", "500")))
    end = min(int(asked.get("endTime", data.now)), data.now)
    part = data.series[symbol].between(int(asked.get("startTime", "0")), end + 1)
    count = len(part)
    chosen = (
        range(min(limit, count)) if "startTime" in asked else range(max(0, count - limit), count)
    )
    rows = [_row(part, at, 1) for at in chosen if fault != "incomplete" or at % 2]
    if fault == "bad-rows" and rows:
        rows[0][1] = "-1"
    if fault == "empty":
        rows = []
    return JSONResponse([[int(one[0]), *one[1:6], int(one[6]), *one[7:]] for one in rows])
