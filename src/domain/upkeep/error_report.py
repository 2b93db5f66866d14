"""Which lines of a function's log are errors, and each of them in one sentence."""

import json
from typing import Any, Final

WANTED: Final = ("[ERROR]", "Traceback", "raise Exception", "Task timed out")
"""A plain line that holds one of these is an error."""
LEVELS: Final = frozenset({"ERROR", "CRITICAL", "FATAL"})
"""So is a structured one of these levels."""
EXPECTED: Final = ("[INFO]", "expected behavior", "retrying in")
"""Unless it holds one of these: what was foreseen, and is tried again."""
LONGEST: Final = 300
"""Characters of the sentence."""


def error_in(line: str) -> str | None:
    """The error that a log line tells of, in one sentence; None when it tells of none."""
    if any(one in line for one in EXPECTED):
        return None
    record = _record(line)
    if record is None:
        return _sentence(line) if any(one in line for one in WANTED) else None
    if str(record.get("level", record.get("log_level", ""))).upper() in LEVELS:
        return _sentence(_said(record))
    text = str(record.get("message", ""))
    return _sentence(text) if any(one in text for one in WANTED) else None


def _record(line: str) -> dict[str, Any] | None:
    """A structured line; None for a plain one."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _said(record: dict[str, Any]) -> str:
    kind = record.get("errorType") or record.get("exception_name")
    text = record.get("errorMessage") or record.get("message") or "an error without words"
    return f"{kind}: {text}" if kind else str(text)


def _sentence(text: str) -> str:
    """The line that says most: of a traceback the last one."""
    lines = [one.strip() for one in text.replace("\r", "\n").split("\n") if one.strip()]
    said = lines[-1] if "Traceback" in text and len(lines) > 1 else lines[0]
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
