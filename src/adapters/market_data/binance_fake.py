"""Binance's public spot REST as a server on loopback.

It answers out of given candles as the service does: the newest row is the candle that is still
forming, calls have weights, and who goes on after HTTP 429 is banned. It plays a fault on the
next calls of a point when told to, and knows nothing of the plug that reads it.

Only the 5-minute interval is served; any other one is answered as invalid.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.loopback.faults import ScriptedFaults
from adapters.market_data.binance_fake_faults import (
    FAULTS,
    banned,
    changed,
    in_microseconds,
    instead,
    throttled,
)
from domain.instant import CANDLE, MINUTE, SECOND
from domain.market.candle_series import CandleSeries

KLINES: Final = "klines"
"""Also `klines BTCUSDT`: the calls about one symbol."""
TIME: Final = "time"
INFO: Final = "exchangeInfo"
PRICE: Final = "ticker/price"
PING: Final = "ping"
WEIGHT_LIMIT: Final = 6_000
CALLS_TO_BAN: Final = 10
"""Calls after a 429 that are still only refused."""

_MICROSECONDS_FROM = 10**14
_INTERVAL = "5m"
_DEFAULT_ROWS, _MOST_ROWS = 500, 1_000
_SYMBOL = re.compile(r"^[A-Z0-9\-_.]{1,20}$")
_KLINE_PARAMETERS = {"symbol", "interval", "startTime", "endTime", "timeZone", "limit"}
Row = list[Any]
Answer = Callable[["BinanceData", Request], Any]


@attrs.define(slots=True, weakref_slot=False)
class BinanceData:
    """What the service knows: candles by symbol, and the time (ms) up to which it knows them."""

    series: Mapping[str, CandleSeries]
    now: Callable[[], int]
    status: dict[str, str] = attrs.field(factory=dict)
    """Of symbols that do not trade: HALT or BREAK."""
    used_by_others: int = 0
    """Weight that strangers behind the same address use up each minute."""


class _Error(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class _Weights:
    """Used weight of the present minute; refusals lead to a ban of two minutes."""

    def __init__(self, data: BinanceData) -> None:
        self._data = data
        self._minute, self.used, self._refused, self._banned_until = -1, 0, 0, 0

    def refused(self, weight: int) -> Response | None:
        """Count a call; the answer, if there is only a refusal."""
        now = self._data.now()
        if now // MINUTE != self._minute:
            self._minute, self.used = now // MINUTE, self._data.used_by_others
            self._refused = 0
        self.used += weight
        if now < self._banned_until:
            return banned(self._banned_until, now)
        if self.used <= WEIGHT_LIMIT:
            return None
        self._refused += 1
        if self._refused > CALLS_TO_BAN:
            self._banned_until = now + 2 * MINUTE
            return banned(self._banned_until, now)
        return throttled((MINUTE - now % MINUTE) // SECOND + 1)


def make_app(data: BinanceData) -> Starlette:
    """The service; `app.state.faults` takes the script, `app.state.data` may be changed."""
    faults = ScriptedFaults(FAULTS)
    weights = _Weights(data)

    def route(point: str, weight: int, answer: Answer) -> Route:
        async def handle(request: Request) -> Response:
            faults.asked.append(request)
            symbol = request.query_params.get("symbol", "")
            strikes = faults.draw(f"{point} {symbol}", point)
            if strikes == "slow":
                await faults.held()
            response = weights.refused(weight) or instead(strikes, data.now())
            if response is None:
                response = changed(strikes, _answered(answer, data, request), data.now())
            response.headers["X-MBX-USED-WEIGHT"] = str(weights.used)
            response.headers["X-MBX-USED-WEIGHT-1M"] = str(weights.used)
            return response

        return Route(f"/api/v3/{point}", handle, methods=["GET"])

    app = Starlette(
        routes=[
            route(PING, 1, lambda _, __: {}),
            route(TIME, 1, lambda known, _: {"serverTime": known.now()}),
            route(INFO, 20, _info),
            route(KLINES, 2, _klines),
            route(PRICE, 2, _prices),
        ]
    )
    app.state.faults, app.state.data = faults, data
    app.state.let_go = faults.let_go
    return app


def _answered(answer: Answer, data: BinanceData, request: Request) -> JSONResponse:
    try:
        return JSONResponse(answer(data, request))
    except _Error as error:
        return JSONResponse({"code": error.code, "msg": str(error)}, 400)


def _klines(data: BinanceData, request: Request) -> list[Row]:
    given = request.query_params
    unread = sorted(set(given) - _KLINE_PARAMETERS)
    if unread:
        raise _Error(-1104, f"Not all sent parameters were read; sent '{len(given)}'.")
    series = data.series[_symbol(data, given.get("symbol"))]
    if "interval" not in given:
        raise _missing("interval")
    if given["interval"] != _INTERVAL:
        raise _Error(-1120, "Invalid interval.")
    limit = min(_integer(given, "limit") or _DEFAULT_ROWS, _MOST_ROWS)
    start, end = _moment(given, "startTime"), _moment(given, "endTime")
    now = data.now()
    times = series.open_time
    first = 0 if start is None else int(np.searchsorted(times, start))
    beyond = int(np.searchsorted(times, now if end is None else min(end, now), side="right"))
    if start is None:
        first = max(beyond - limit, 0)
    rows = [_row(series, place, now) for place in range(first, min(beyond, first + limit))]
    if request.headers.get("X-MBX-TIME-UNIT", "").upper() == "MICROSECOND":
        return in_microseconds(rows)
    return rows


def _row(series: CandleSeries, place: int, now: int) -> Row:
    """One candle; one that is forming is as far as it has come, on a straight line."""
    opened = int(series.open_time[place])
    first, last = float(series.open[place]), float(series.close[place])
    high, low = float(series.high[place]), float(series.low[place])
    volume = float(series.volume[place])
    if opened + CANDLE > now:
        part = (now - opened) / CANDLE
        last = first + (last - first) * part
        high, low, volume = max(first, last), min(first, last), volume * part
    turnover = volume * last
    prices = [_text(one) for one in (first, high, low, last, volume)]
    taker = [_text(volume / 2), _text(turnover / 2), "0"]
    return [opened, *prices, opened + CANDLE - 1, _text(turnover), round(volume) + 1, *taker]


def _text(number: float) -> str:
    """Plain notation with at least 8 decimals, and as many as it takes to be exact."""
    eight = f"{number:.8f}"
    return eight if float(eight) == number else format(Decimal(repr(number)), "f")


def _info(data: BinanceData, request: Request) -> dict[str, Any]:
    return {
        "timezone": "UTC",
        "serverTime": data.now(),
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": WEIGHT_LIMIT,
            }
        ],
        "exchangeFilters": [],
        "symbols": [
            {
                "symbol": one,
                "status": data.status.get(one, "TRADING"),
                "baseAsset": one.removesuffix("USDT"),
                "baseAssetPrecision": 8,
                "quoteAsset": "USDT",
                "quotePrecision": 8,
                "orderTypes": ["LIMIT", "MARKET"],
                "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.01000000"}],
                "permissions": [],
                "permissionSets": [["SPOT"]],
            }
            for one in _symbols(data, request)
        ],
    }


def _prices(data: BinanceData, request: Request) -> Any:
    now = data.now()
    found = []
    for one in _symbols(data, request):
        series = data.series[one]
        place = int(np.searchsorted(series.open_time, now, side="right")) - 1
        if place >= 0:
            found.append({"symbol": one, "price": _row(series, place, now)[4]})
    return found[0] if "symbol" in request.query_params and found else found


def _symbols(data: BinanceData, request: Request) -> list[str]:
    """The symbols that are asked for; one that is not known fails the call."""
    given = request.query_params
    if "symbol" in given:
        return [_symbol(data, given["symbol"])]
    if "symbols" not in given:
        return list(data.series)
    try:
        names = json.loads(given["symbols"])
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise _Error(-1100, "Illegal characters found in parameter 'symbols'.")
    return [_symbol(data, one) for one in names]


def _symbol(data: BinanceData, name: str | None) -> str:
    if not name:
        raise _missing("symbol")
    if not _SYMBOL.match(name):
        raise _Error(-1100, "Illegal characters found in parameter 'symbol'.")
    if name not in data.series:
        raise _Error(-1121, "Invalid symbol.")
    return name


def _missing(name: str) -> _Error:
    return _Error(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def _integer(given: Mapping[str, str], name: str) -> int | None:
    if name not in given:
        return None
    text = given[name]
    if not (text.isascii() and text.isdigit()):
        raise _Error(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(text)


def _moment(given: Mapping[str, str], name: str) -> int | None:
    found = _integer(given, name)
    return found // 1000 if found is not None and found >= _MICROSECONDS_FROM else found
