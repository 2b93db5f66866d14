"""Lines of all functions of a stage, merged by time."""

from __future__ import annotations

import json
import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import attrs

from adapters.aws_calls import code_of
from application.errors import InputError, OutsideError, Refused
from domain.instant import DAY, HOUR, MINUTE, SECOND, iso
from domain.upkeep.error_report import error_in
from entrypoints.aws_lambda.all_functions import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from application.ports.clock import Clock
    from entrypoints.deploy.clients import Aws
    from entrypoints.stage import Stage

_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_POLL_S: Final = 3.0
_LATE_MS: Final = 30_000
"""Lines appear so much later than they were written."""
_PLATFORM: Final = re.compile(r"(START|END|REPORT|INIT_START|EXTENSION) ")
_HIDDEN: Final = frozenset(
    {"level", "message", "timestamp", "service", "location", "time", "type", "record"}
)


@attrs.frozen(slots=True, weakref_slot=False)
class Line:
    """One line: when it was written (ms), by which function, and itself."""

    at: int
    function: str
    identity: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether error-remediator would tell of it."""
        return error_in(self.text) is not None

    @property
    def is_platform(self) -> bool:
        """Whether Lambda wrote it and not the function."""
        if _PLATFORM.match(self.text):
            return True
        return str(_object(self.text).get("type", "")).startswith("platform.")

    def shown(self) -> str:
        """It on one line, for a human."""
        found = _object(self.text)
        words = str(found.get("message") or found.get("errorMessage") or "").strip()
        if not found or not words:
            words = " ".join(self.text.split())
            rest, level = "", ""
        else:
            level = str(found.get("level", ""))
            fields = {name: one for name, one in found.items() if name not in _HIDDEN}
            rest = " ".join(f"{name}={_short(one)}" for name, one in fields.items())
        parts = (iso(self.at), f"{self.function:<17}", f"{level:<5}", words, rest)
        return " ".join(one for one in parts if one.strip())


def _object(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def span_of(text: str) -> int:
    """Milliseconds of 90s, 15m, 1h or 2d. Raises InputError."""
    found = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if found is None or not int(found[1]):
        raise InputError(f"--since {text}: write a span such as 15m, 1h or 2d")
    return int(found[1]) * _UNITS[found[2]]


def functions_of(name: str | None) -> tuple[str, ...]:
    """One function, or all. Raises InputError for a name that is none."""
    if name is None:
        return NAMES
    if name not in NAMES:
        raise InputError(f"--function {name}: choose from {', '.join(NAMES)}")
    return (name,)


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Wanted:
    """Which lines: of which functions, errors only, with those of Lambda itself."""

    functions: tuple[str, ...] = NAMES
    errors_only: bool = False
    platform: bool = False

    def takes(self, line: Line) -> bool:
        """Whether a line is wanted."""
        if self.errors_only:
            return line.is_error
        return self.platform or not line.is_platform


def lines_since(aws: Aws, stage: Stage, wanted: Wanted, since: int) -> list[Line]:
    """All wanted lines from a moment (ms) on, by time.

    Raises Refused where no function has a log yet, OutsideError.
    """
    lines: list[Line] = []
    absent = 0
    for function in wanted.functions:
        try:
            lines += _lines_of(aws, stage, function, since)
        except OutsideError as error:
            if error.__cause__ is None or code_of(error.__cause__) != "ResourceNotFoundException":
                raise
            absent += 1
    if absent == len(wanted.functions):
        raise Refused(
            f"{stage.stack} in {aws.region} has no such logs: "
            f"`{stage.command('status')}` says whether it is deployed"
        )
    # lines of one moment stay in the order in which their function wrote them
    return sorted(filter(wanted.takes, lines), key=attrgetter("at"))


def _lines_of(aws: Aws, stage: Stage, function: str, since: int) -> Iterator[Line]:
    more: dict[str, str] = {}
    while True:
        page = aws.ask(
            f"read the log of {function}",
            "logs",
            "filter_log_events",
            logGroupName=f"/aws/lambda/{stage.physical(function)}",
            startTime=since,
            **more,
        )
        for one in page.get("events", []):
            yield Line(one["timestamp"], function, one.get("eventId", ""), one["message"].rstrip())
        if not page.get("nextToken"):
            return
        more = {"nextToken": page["nextToken"]}


class Tail:
    """Lines that were not given before, however late they appear."""

    def __init__(self, aws: Aws, stage: Stage, wanted: Wanted, since: int) -> None:
        self._ask = (aws, stage, wanted)
        self._since = since
        self._given: set[tuple[int, str, str, str]] = set()

    def news(self) -> Sequence[Line]:
        """Lines since the last call, by time. Raises OutsideError."""
        found = lines_since(*self._ask, self._since)
        new = [one for one in found if _key(one) not in self._given]
        if found:
            self._since = max(self._since, found[-1].at - _LATE_MS)
        self._given = {key for key in self._given if key[0] >= self._since}
        self._given |= {_key(one) for one in found if one.at >= self._since}
        return new

    async def again(self, clock: Clock) -> Sequence[Line]:
        """Wait a little, then the news."""
        await clock.sleep(_POLL_S)
        return self.news()


def _key(line: Line) -> tuple[int, str, str, str]:
    return (line.at, line.function, line.identity, line.text)
