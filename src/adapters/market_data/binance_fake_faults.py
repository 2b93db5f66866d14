"""What goes wrong at the fake Binance: answers that are none, and answers that are damaged."""

import json
from collections.abc import Callable
from typing import Any, Final

from starlette.responses import HTMLResponse, JSONResponse, Response

from domain.instant import CANDLE, HOUR, MINUTE, SECOND

FAULTS: Final = (
    *("429", "418", "451", "503", "html", "html-403", "truncated", "deep", "moved", "slow"),
    *("other-types", "wrong-types", "null", "missing", "stale", "gap", "half"),
    *("microseconds", "doubled", "unsorted"),
)
STALE: Final = 6 * HOUR
"""How old (ms) the newest row of a stale answer is."""

_PAGE = "<!DOCTYPE html><html><head><title>ERROR: The request is blocked</title></head></html>"
_RESTRICTED = "Service unavailable from a restricted location according to 'b. Eligibility'"
Row = list[Any]


def throttled(wait_s: int) -> Response:
    """HTTP 429 with seconds to wait."""
    body = {"code": -1003, "msg": "Too much request weight used; current limit is 6000 per MINUTE."}
    return JSONResponse(body, 429, {"Retry-After": str(wait_s)})


def banned(until: int, now: int) -> Response:
    """HTTP 418 with the end of the ban (ms), at a moment (ms)."""
    text = f"Way too much request weight used; IP banned until {until}. Please use WebSocket."
    wait = {"Retry-After": str((until - now) // SECOND)}
    return JSONResponse({"code": -1003, "msg": text}, 418, wait)


def instead(fault: str | None, now: int) -> Response | None:
    """The answer that a fault gives in place of any other, at a moment (ms)."""
    answers: dict[str | None, Callable[[], Response]] = {
        "429": lambda: throttled(60),
        "418": lambda: banned(now + 2 * MINUTE, now),
        "451": lambda: JSONResponse({"code": 0, "msg": _RESTRICTED}, 451),
        "503": lambda: HTMLResponse(_PAGE, 503),
        "html": lambda: HTMLResponse(_PAGE),
        "html-403": lambda: HTMLResponse(_PAGE, 403),
        "deep": lambda: Response("[" * 100_000, media_type="application/json"),
        "moved": lambda: Response(status_code=301, headers={"Location": "https://moved.invalid/"}),
    }
    return answers[fault]() if fault in answers else None


def changed(fault: str | None, answer: JSONResponse, now: int) -> Response:
    """An answer as a fault leaves it; rows are changed in klines only."""
    if fault == "truncated":
        whole = bytes(answer.body)
        return Response(whole[: len(whole) // 2], media_type="application/json")
    body = json.loads(bytes(answer.body))
    leaves: dict[str | None, Callable[[Any], Any]] = {
        "other-types": _other,
        "wrong-types": lambda leaf: {"value": leaf},
        "null": lambda _: None,
    }
    if answer.status_code != 200:
        return answer
    if fault in leaves:
        return JSONResponse(_each(body, leaves[fault]))
    rows: dict[str | None, Callable[[list[Row]], list[Row]]] = {
        "missing": lambda rows: _without_newest(rows, now),
        "stale": lambda rows: [one for one in rows if one[6] < now - STALE],
        "gap": _with_hole,
        "half": lambda rows: rows[: len(rows) // 2],
        "microseconds": in_microseconds,
        "doubled": lambda rows: [one for row in rows for one in (row, row)],
        "unsorted": lambda rows: rows[::-1],
    }
    if fault in rows and isinstance(body, list) and all(isinstance(one, list) for one in body):
        return JSONResponse(rows[fault](body))
    if fault == "missing":
        return JSONResponse({key: body[key] for key in list(body)[:-1]})
    return answer


def in_microseconds(rows: list[Row]) -> list[Row]:
    """The same rows with times as archives, and callers who ask for it, have them."""
    return [[row[0] * 1000, *row[1:6], row[6] * 1000 + 999, *row[7:]] for row in rows]


def _with_hole(rows: list[Row]) -> list[Row]:
    """Without the middle third; of one or two rows without the first."""
    third = len(rows) // 3
    return rows[:third] + rows[third + max(third, 1) :]


def _without_newest(rows: list[Row], now: int) -> list[Row]:
    """Without the candle that has closed last; the one that is forming stays."""
    newest = now - now % CANDLE - CANDLE
    return [one for one in rows if one[0] != newest]


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _each(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_each(one, change) for one in value]
    return change(value)


def _other(leaf: Any) -> Any:
    """Numbers as texts and texts of numbers as numbers."""
    if isinstance(leaf, str):
        try:
            return float(leaf)
        except ValueError:
            return leaf
    return leaf if leaf is None else str(leaf)
