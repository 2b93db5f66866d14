"""An endpoint of our own on loopback: it checks what is asked and answers as SageMaker does.

    POST /endpoints/{name}/invocations

Every error has the status, the header and the body that botocore makes its exceptions of.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.forecaster.endpoint_wire import MOST_BYTES
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import DROP

INVOKE: Final = "invoke"
"""The point of the faults."""
MODEL: Final = "chronos-2"
VERSION: Final = "0123456789ab"
FAULTS: Final = (
    "throttle", "not ready", "unavailable", "internal", "model error", "validation",
    "drop", "slow", "not json", "html", "tuple", "nan", "null", "negative", "crossing",
    "wrong length", "one too few", "other levels",
)  # fmt: skip
_ERRORS: Final = {
    "throttle": (400, "ThrottlingException", "Rate exceeded"),
    "not ready": (429, "ModelNotReadyException", "The model is being provisioned"),
    "unavailable": (503, "ServiceUnavailable", "The service is unavailable"),
    "internal": (500, "InternalFailure", "Something failed"),
    "validation": (400, "ValidationError", "1 validation error detected"),
}
Quantiles = Callable[[Sequence[float], int, float], list[float]]
"""(series, steps, level) -> the path of one quantile."""


def last_price(series: Sequence[float], steps: int, level: float) -> list[float]:
    """The last price with a band that widens by 0.1 % of it a step."""
    return [series[-1] * (1.0 + 0.0025 * (level - 0.5) * (1 + step)) for step in range(steps)]


def make_app(endpoint: str, quantiles: Quantiles = last_price) -> Starlette:
    """Serves one endpoint; `app.state.faults` are its ScriptedFaults, at the point INVOKE.

    "nan", "null", "negative", "crossing" and "wrong length" strike the first series alone.
    """
    faults = ScriptedFaults(FAULTS)

    async def invoke(request: Request) -> Response:
        body = await request.body()
        faults.asked.append(request)
        name = request.path_params["name"]
        fault = faults.draw(INVOKE)
        if fault == "slow":
            await faults.held()
        if fault == "drop":
            request.scope["extensions"][DROP]()
        if fault in _ERRORS:
            return _error(*_ERRORS[fault])
        if name != endpoint:
            return _error(400, "ValidationError", f"Endpoint {name} of account 1 not found.")
        if len(body) > MOST_BYTES:
            return _error(400, "ValidationError", "Request body is too large")
        if fault == "model error":
            return _model_error("ModelFailure: the quantiles of series 0 are not numbers")
        return _answer(body, fault, quantiles)

    app = Starlette(routes=[Route("/endpoints/{name}/invocations", invoke, methods=["POST"])])
    app.state.faults = faults
    app.state.let_go = faults.let_go
    return app


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"Message": message}, status, {"x-amzn-ErrorType": code})


def _model_error(message: str) -> Response:
    return JSONResponse(
        {"Message": message, "OriginalMessage": message, "OriginalStatusCode": 400},
        424,
        {"x-amzn-ErrorType": "ModelError"},
    )


def _answer(body: bytes, fault: str | None, quantiles: Quantiles) -> Response:
    try:
        asked = json.loads(body)
        steps = asked["parameters"]["prediction_length"]
        levels = asked["parameters"]["quantile_levels"]
        series = asked["inputs"]
        paths = [[quantiles(one, steps, level) for level in levels] for one in series]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return _model_error(f"InvalidInput: {type(error).__name__}: {error}")
    told = {
        "model": MODEL,
        "version": VERSION,
        "quantile_levels": levels,
        "predictions": paths,
    }
    _spoil(told, fault)
    text = json.dumps(told)
    if fault == "tuple":
        text = json.dumps([text, "application/json"])
    if fault == "not json":
        text = text[: len(text) // 2]
    if fault == "html":
        text = "<html><body>busy</body></html>"
    return Response(text, media_type="application/json")


def _spoil(told: dict[str, Any], fault: str | None) -> None:
    first = told["predictions"][0]
    match fault:
        case "nan":
            first[1][3] = math.nan
        case "null":
            first[1][3] = None
        case "negative":
            first[0][0] = -1.0
        case "crossing":
            first[0], first[2] = first[2], first[0]
        case "wrong length":
            first[2].pop()
        case "one too few":
            told["predictions"].pop()
        case "other levels":
            told["quantile_levels"] = [0.05, 0.5, 0.95]
