"""What an examination found: each with what to do about it."""

from __future__ import annotations

from enum import StrEnum

import attrs


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@attrs.frozen(slots=True, weakref_slot=False)
class Finding:
    """One thing that was looked at; `what_to_do` is empty where nothing is to be done."""

    check: str
    level: Level
    text: str
    what_to_do: str = ""


@attrs.frozen(slots=True, weakref_slot=False)
class Report:
    """Everything that was looked at, in order."""

    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps real money from being traded."""
        return tuple([one for one in self.findings if one.level is Level.ERROR])


def ok(check: str, text: str) -> Finding:
    """Nothing to be done."""
    return Finding(check, Level.OK, text)


def warning(check: str, text: str, what_to_do: str) -> Finding:
    """It works, but not as it should."""
    return Finding(check, Level.WARNING, text, what_to_do)


def error(check: str, text: str, what_to_do: str) -> Finding:
    """Not fit for real money."""
    return Finding(check, Level.ERROR, text, what_to_do)
