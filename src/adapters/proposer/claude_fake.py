"""Anthropic's Messages on loopback: it checks what is asked and answers as told.

Its one endpoint is POST /v1/messages.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import DROP

MESSAGES: Final = "messages"
"""The point of the faults."""
KEY: Final = "sk-ant-fake"
_STATUS: Final = {
    "invalid": (400, "invalid_request_error"),
    "no money": (402, "billing_error"),
    "gone": (404, "not_found_error"),
    "busy": (429, "rate_limit_error"),
    "internal": (500, "api_error"),
    "overloaded": (529, "overloaded_error"),
}
FAULTS: Final = (*_STATUS, "drop", "cut off", "no tool", "nonsense")


def make_app(changes: list[dict[str, Any]]) -> Starlette:
    """Every answer proposes these; `app.state.faults` are its ScriptedFaults, at MESSAGES."""
    faults = ScriptedFaults(FAULTS)

    async def answer(request: Request) -> Response:
        body = json.loads(await request.body())
        faults.asked.append(request)
        fault = faults.draw(MESSAGES)
        if fault == "drop":
            request.scope["extensions"][DROP]()
        wrong = _wrong(request, body)
        if wrong is not None:
            return _refused(*wrong)
        if fault in _STATUS:
            return _refused(*_STATUS[fault], "told to")
        return JSONResponse(_message(body, changes, fault))

    app = Starlette(routes=[Route("/v1/messages", answer, methods=["POST"])])
    app.state.faults = faults
    app.state.let_go = faults.let_go
    return app


def _wrong(request: Request, body: dict[str, Any]) -> tuple[int, str, str] | None:
    # documented as x-api-key; the SDK of version 2 sends it as a bearer token
    if KEY not in (
        request.headers.get("x-api-key"),
        request.headers.get("authorization", "").removeprefix("Bearer "),
    ):
        return 401, "authentication_error", "invalid x-api-key"
    if "anthropic-version" not in request.headers:
        return 400, "invalid_request_error", "anthropic-version: header is required"
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            return 400, "invalid_request_error", f"{name}: Field required"
    names = [one["name"] for one in body.get("tools", ())]
    if body.get("tool_choice", {}).get("name") not in names:
        return 400, "invalid_request_error", "tool_choice: names no tool"
    return None


def _refused(status: int, kind: str, said: str) -> JSONResponse:
    error = {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}
    return JSONResponse(error, status)


def _message(
    body: dict[str, Any], changes: list[dict[str, Any]], fault: str | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"changes": [{"values": one, "why": "?"} for one in changes]}
    if fault == "nonsense":
        answer = {"changes": "buy everything"}
    tool = {
        "type": "tool_use",
        "id": "toolu_1",
        "name": body["tool_choice"]["name"],
        "input": answer,
    }
    text = {"type": "text", "text": "Let me think."}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [text] if fault == "no tool" else [text, tool],
        "stop_reason": "max_tokens" if fault == "cut off" else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 812, "output_tokens": 96},
        "new_field": True,
    }
