"""Binance's archive as a server on loopback: zips and checksums made out of given candles."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapters.loopback.faults import ScriptedFaults
from domain.instant import CANDLE, DAY, iso, parse
from domain.market.candle_series import CandleSeries

FAULTS: Final = (
    *("404", "503", "403", "html", "truncated", "bad-checksum", "no-checksum", "odd-checksum"),
    *("corrupt-zip", "empty-zip", "incomplete", "header", "garbled"),
)
MICROSECONDS_FROM: Final = parse("2025-01-01")
_PATH = re.compile(
    r"/data/spot/(monthly|daily)/klines/([A-Z]+)/5m/\2-5m-(\d{4}-\d\d(?:-\d\d)?)\.zip(\.CHECKSUM)?"
)
_NOT_FOUND = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
)
_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)


@attrs.define(slots=True, weakref_slot=False)
class ArchiveData:
    """Candles by symbol; a month or day is there once it has ended before now() (ms)."""

    series: Mapping[str, CandleSeries]
    now: Callable[[], int]
    is_monthly_late: bool = False
    """Only days are there."""


def make_app(data: ArchiveData) -> Starlette:
    """The archive; `app.state.faults` takes the script, its points are `zip` and `checksum`."""
    faults = ScriptedFaults(FAULTS)

    async def handle(request: Request) -> Response:
        faults.asked.append(request)
        found = _PATH.fullmatch(request.url.path)
        if found is None:
            return _missing()
        kind, symbol, period, checksum = found.groups()
        strikes = faults.draw("checksum" if checksum else "zip", f"{symbol} {period}")
        content = _zip(data, kind, symbol, period, strikes)
        if strikes == "404" or content is None or (checksum and strikes == "no-checksum"):
            return _missing()
        if strikes in {"503", "403"}:
            return HTMLResponse("<html>go away</html>", int(strikes))
        if strikes == "html":
            return HTMLResponse("<!DOCTYPE html><title>Just a moment...</title>")
        if checksum:
            return Response(_checksum(content, f"{symbol}-5m-{period}.zip", strikes))
        cut = len(content) // 2 if strikes == "truncated" else len(content)
        return Response(content[:cut], media_type="application/zip")

    app = Starlette(routes=[Route("/{path:path}", handle, methods=["GET"])])
    app.state.faults, app.state.data, app.state.let_go = faults, data, faults.let_go
    return app


def _missing() -> Response:
    return Response(_NOT_FOUND, 404, media_type="application/xml")


def _checksum(content: bytes, name: str, strikes: str | None) -> str:
    if strikes == "odd-checksum":
        return "not a checksum at all\n"
    digest = hashlib.sha256(content).hexdigest()
    return f"{digest[::-1] if strikes == 'bad-checksum' else digest}  {name}\n"


def _zip(
    data: ArchiveData, kind: str, symbol: str, period: str, strikes: str | None
) -> bytes | None:
    """A period's file; None before it has ended, or where there are no candles."""
    start = parse(f"{period}-01" if kind == "monthly" else period)
    end = start + DAY
    if kind == "monthly":
        end = parse(f"{iso(start + 32 * DAY)[:7]}-01")
    if symbol not in data.series or data.now() < end + DAY:
        return None
    if kind == "monthly" and data.is_monthly_late:
        return None
    series = data.series[symbol].between(start, end)
    if not len(series):
        return None
    name = f"{symbol}-5m-{period}.csv"
    text = _csv(series, strikes)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        if strikes != "empty-zip":
            # a fixed time: the same candles are the same bytes
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text)
    return b"PK not really" if strikes == "corrupt-zip" else content.getvalue()


def _csv(series: CandleSeries, strikes: str | None) -> str:
    rows = [_HEADER] if strikes == "header" else []
    for at in range(len(series)):
        if strikes == "incomplete" and at % 50 in {7, 8}:
            continue
        opened = int(series.open_time[at])
        values = [
            repr(float(column[at]))
            for column in (series.open, series.high, series.low, series.close, series.volume)
        ]
        if strikes == "garbled" and at == 3:
            values[1] = "high"
        scale = 1_000 if opened >= MICROSECONDS_FROM else 1
        last = (opened + CANDLE) * scale - 1
        rows.append(",".join([str(opened * scale), *values, str(last), "1.0", "5", "1", "1", "0"]))
    return "\n".join(rows) + "\n"
