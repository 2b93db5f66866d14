"""What an examination says: findings, each with what to do about it."""

from enum import StrEnum

import attrs


class Level(StrEnum):
    """How bad it is. With an error nothing should be traded."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@attrs.frozen(slots=True, weakref_slot=False)
class Finding:
    """One thing that was looked at; `what_to_do` is empty when it is well."""

    check: str
    level: Level
    text: str
    what_to_do: str = ""


@attrs.frozen(slots=True, weakref_slot=False)
class Report:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What forbids trading."""
        return self._of(Level.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What somebody should know."""
        return self._of(Level.WARNING)

    def _of(self, level: Level) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.level is level)


def well(check: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, text)


def warning(check: str, text: str, what_to_do: str) -> Finding:
    """To be known; it trades on."""
    return Finding(check, Level.WARNING, text, what_to_do)


def error(check: str, text: str, what_to_do: str) -> Finding:
    """To be mended first."""
    return Finding(check, Level.ERROR, text, what_to_do)
