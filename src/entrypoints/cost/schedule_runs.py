"""How often a schedule of EventBridge runs in a month of 30 days."""

from __future__ import annotations

import re
from typing import Final

from application.errors import InputError

DAYS: Final = 30
MINUTES_A_DAY: Final = 24 * 60
_MINUTES: Final = {"minute": 1, "hour": 60, "day": MINUTES_A_DAY}
_ANY: Final = ("*", "?")
_WEEKDAYS: Final = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_MONTHS: Final = {
    "JAN": 1,
    "FEB": 2,
    "MAR": 3,
    "APR": 4,
    "MAY": 5,
    "JUN": 6,
    "JUL": 7,
    "AUG": 8,
    "SEP": 9,
    "OCT": 10,
    "NOV": 11,
    "DEC": 12,
}


def runs_a_month(expression: str) -> float:
    """Runs of a rate, cron or at expression. Raises InputError for one it cannot read."""
    kind, _, inside = expression.strip().partition("(")
    if kind == "rate" and inside.endswith(")"):
        return _rate(expression, inside[:-1])
    if kind == "cron" and inside.endswith(")"):
        return _cron(expression, inside[:-1].split())
    if kind == "at":
        return 0.0
    raise _unreadable(expression)


def _rate(expression: str, inside: str) -> float:
    found = re.fullmatch(r"(\d+) (minute|hour|day)s?", inside.strip())
    if found is None or int(found[1]) == 0:
        raise _unreadable(expression)
    return DAYS * MINUTES_A_DAY / (int(found[1]) * _MINUTES[found[2]])


def _cron(expression: str, fields: list[str]) -> float:
    if len(fields) != 6:
        raise _unreadable(expression)
    minute, hour, day, month, weekday, _ = fields
    try:
        a_day = _matching(minute, 0, 59) * _matching(hour, 0, 23)
        months = _matching(month, 1, 12, _MONTHS) / 12
        return a_day * months * _days(day, weekday)
    except ValueError:
        raise _unreadable(expression) from None


def _days(day: str, weekday: str) -> float:
    """Days of a month on which both fields match."""
    if weekday not in _ANY:
        if "#" in weekday or weekday.endswith("L"):
            return 1.0
        return _matching(weekday, 1, 7, _WEEKDAYS) * DAYS / 7
    if day in _ANY:
        return float(DAYS)
    return 1.0 if day.endswith(("L", "W")) else float(_matching(day, 1, 31))


def _matching(field: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    """How many values a field of a cron expression matches. Raises ValueError."""
    matched: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first in _ANY else _number(first, names)
        # 5/15 goes on to the end, 5 alone does not
        end = _number(last, names) if last else high if step or first in _ANY else start
        if not low <= start <= end <= high:
            raise ValueError(field)
        matched.update(range(start, end + 1, int(step or 1)))
    return len(matched)


def _number(text: str, names: dict[str, int] | None) -> int:
    return (names or {}).get(text.upper()) or int(text)


def _unreadable(expression: str) -> InputError:
    return InputError(
        f"the schedule {expression!r} cannot be read: write rate(5 minutes) or cron(0/5 * * * ? *)"
    )
