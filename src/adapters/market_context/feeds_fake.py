"""Fear & Greed, CoinGecko's global figures and Binance's funding as one server on loopback.

It answers out of given data as the three services do, with their errors and their whims, and
plays a fault on the next call of a point when told to. It is a program of its own and knows
nothing of the plugs that read it.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from adapters.loopback.faults import ScriptedFaults

MOOD: Final = "fng"
SHARE: Final = "global"
FUNDING: Final = "funding"
"""Also `funding BTCUSDT`: the calls about one symbol."""
FAULTS: Final = (
    *("429", "503", "html", "html-403", "truncated", "deep", "error-200"),
    *("other-types", "wrong-types", "null", "missing", "stale", "slow", "moved"),
)
_STALE_S = 100 * 3600
_PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


@attrs.define(slots=True, weakref_slot=False)
class FeedsData:
    """What the services know. Times in seconds, but `funding_time` in ms as Binance has it."""

    fear_greed: list[tuple[int, int]] = attrs.field(factory=list)
    """(value, timestamp), newest first."""
    rates: dict[str, str] = attrs.field(factory=dict)
    funding_time: int = 0
    percentages: dict[str, float] = attrs.field(factory=dict)
    updated_at: int = 0
    demo_keys: tuple[str, ...] = ()


def make_app(data: FeedsData | Callable[[], FeedsData]) -> Starlette:
    """The three services under one address; `app.state.faults` takes the script."""

    def known() -> FeedsData:
        return data() if callable(data) else data

    faults = ScriptedFaults(FAULTS)

    def route(path: str, point: str, answer: Callable[[Request], Response]) -> Route:
        async def handle(request: Request) -> Response:
            faults.asked.append(request)
            symbol = request.query_params.get("symbol", "")
            strikes = faults.draw(f"{point} {symbol}", point)
            if strikes == "slow":
                await faults.held()
            return _struck(strikes, point, answer(request))

        return Route(path, handle, methods=["GET"])

    app = Starlette(
        routes=[
            route("/fng/", MOOD, lambda request: _mood(known(), request)),
            route("/api/v3/global", SHARE, lambda request: _share(known(), request)),
            route("/fapi/v1/premiumIndex", FUNDING, lambda request: _funding(known(), request)),
        ]
    )
    app.state.faults, app.state.data = faults, data
    app.state.let_go = faults.let_go
    return app


def _mood(data: FeedsData, request: Request) -> Response:
    limit = int(request.query_params.get("limit", "1")) or len(data.fear_greed)
    rows = [
        {"value": str(value), "value_classification": _named(value), "timestamp": str(at)}
        for value, at in data.fear_greed[:limit]
    ]
    for first in rows[:1]:
        first["time_until_update"] = "30541"
    return JSONResponse({"name": "Fear and Greed Index", "data": rows, "metadata": {"error": None}})


def _named(value: int) -> str:
    names = ((25, "Extreme Fear"), (46, "Fear"), (54, "Neutral"), (75, "Greed"))
    return next((name for limit, name in names if value < limit), "Extreme Greed")


def _share(data: FeedsData, request: Request) -> Response:
    if "x-cg-pro-api-key" in request.headers:
        return _gecko_error(400, 10010, "If you are using Pro API key, please change your root URL")
    key = request.headers.get("x-cg-demo-api-key")
    if key is not None and key not in data.demo_keys:
        return _gecko_error(401, 10002, "API Key Missing")
    figures = {
        "active_cryptocurrencies": 13690,
        "upcoming_icos": 0,
        "markets": 1046,
        "total_market_cap": {"btc": 39003738.0847159, "usd": 2721226850772.63},
        "total_volume": {"usd": 78001247400.5},
        "market_cap_percentage": data.percentages,
        "market_cap_change_percentage_24h_usd": 1.72,
        "updated_at": data.updated_at,
    }
    return JSONResponse({"data": figures})


def _gecko_error(status: int, code: int, text: str) -> Response:
    return JSONResponse({"status": {"error_code": code, "error_message": text}}, status)


def _funding(data: FeedsData, request: Request) -> Response:
    def row(symbol: str) -> dict[str, Any]:
        return {
            "symbol": symbol,
            "markPrice": "11793.63104562",
            "indexPrice": "11781.80495970",
            "estimatedSettlePrice": "11781.16138815",
            "lastFundingRate": data.rates[symbol],
            "interestRate": "0.00010000",
            "nextFundingTime": data.funding_time + 20_000_000,
            "time": data.funding_time,
        }

    symbol = request.query_params.get("symbol")
    if symbol is None:
        return JSONResponse([row(one) for one in data.rates])
    if symbol not in data.rates:
        return JSONResponse({"code": -1121, "msg": "Invalid symbol."}, 400)
    return JSONResponse(row(symbol))


def _struck(strikes: str | None, point: str, answer: Response) -> Response:
    """An answer, or what a fault leaves of it."""
    whole = {
        "429": lambda: _throttled(point),
        "503": lambda: HTMLResponse(_PAGE, 503),
        "html": lambda: HTMLResponse(_PAGE),
        "html-403": lambda: HTMLResponse(_PAGE, 403),
        "deep": lambda: Response("[" * 100_000, media_type="application/json"),
        "error-200": lambda: _error_200(point),
        "moved": lambda: Response(status_code=301, headers={"Location": "https://moved.invalid/"}),
    }
    if strikes in whole:
        return whole[strikes]()
    body = bytes(answer.body)
    if strikes == "truncated":
        return Response(body[: len(body) // 2], media_type="application/json")
    changes: dict[str | None, Callable[[str, Any], Any]] = {
        "other-types": lambda _, leaf: _other(leaf),
        "wrong-types": lambda _, leaf: {"value": leaf},
        "null": lambda _, __: None,
        "stale": _aged,
    }
    if strikes == "missing":
        return JSONResponse(_without(json.loads(body)))
    if strikes in changes:
        return JSONResponse(_changed("", json.loads(body), changes[strikes]))
    return answer


def _throttled(point: str) -> Response:
    if point == SHARE:
        return _gecko_error(429, 429, "You've exceeded the Rate Limit.")
    if point == FUNDING:
        return JSONResponse({"code": -1003, "msg": "Too many requests."}, 429)
    return Response("Too Many Requests", 429)


def _error_200(point: str) -> Response:
    if point == MOOD:
        return JSONResponse(
            {"name": "Fear and Greed Index", "data": [], "metadata": {"error": "no data"}}
        )
    if point == SHARE:
        return JSONResponse({"error": {"status": {"error_code": 10005, "error_message": "plan"}}})
    return JSONResponse({"code": -1000, "msg": "An unknown error occurred."})


def _changed(name: str, value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _changed(key, one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(name, one, change) for one in value]
    return change(name, value)


def _other(leaf: Any) -> Any:
    """Numbers as texts and texts of numbers as numbers."""
    if isinstance(leaf, str):
        try:
            return float(leaf)
        except ValueError:
            return leaf
    return leaf if leaf is None else str(leaf)


def _aged(name: str, leaf: Any) -> Any:
    if name == "timestamp":
        return str(int(leaf) - _STALE_S)
    if name == "updated_at":
        return leaf - _STALE_S
    return leaf - _STALE_S * 1000 if name == "time" else leaf


def _without(body: Any) -> Any:
    """The answer without the one field that everybody asks for."""
    if isinstance(body.get("data"), list):
        return {**body, "data": []}
    if "data" in body:
        rest = {k: v for k, v in body["data"]["market_cap_percentage"].items() if k != "btc"}
        return {"data": {**body["data"], "market_cap_percentage": rest}}
    return {key: value for key, value in body.items() if key != "lastFundingRate"}
