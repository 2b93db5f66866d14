"""Rows of a CSV as texts that become exact numbers and moments; every complaint names its cell."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs

from application.errors import InputError
from domain.instant import JAPAN, from_datetime, parse

ENCODINGS: Final = {"utf-8-sig": "UTF-8", "cp932": "Shift_JIS"}
"""What files from Japan are written in: what programs write, and what a spreadsheet saves."""
_EARLIEST: Final = parse("2009-01-01")
_LATEST: Final = parse("2100-01-01")
_WIDEST: Final = 24
"""Powers of ten in which an amount of this world lies."""
_SHOWN: Final = 40
"""Characters of a cell that a complaint shows."""
_PLAIN: Final = re.compile(
    r"[+-]?(?:[0-9]{1,24}|[0-9]{1,3}(?:,[0-9]{3}){1,7})(?:\.[0-9]{1,24})?(?:[eE][+-]?[0-9]{1,2})?"
)
_MOMENT: Final = re.compile(
    r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})[ T]([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.[0-9]{1,9})? ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


@attrs.frozen(slots=True, weakref_slot=False)
class CsvRow:
    """One row of a file, its cells by column; `number` is 1 for the header."""

    path: Path
    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """What a cell says; nothing where there is no such column."""
        return self.cells.get(column, "").strip()

    def bad(self, column: str, why: str) -> InputError:
        """The complaint about a cell."""
        said = self.text(column)
        shown = said if len(said) <= _SHOWN else said[:_SHOWN] + "..."
        return InputError(
            f"{self.path}: {column} in row {self.number} is {_quoted(shown)}, {why}: "
            "download the file again"
        )

    def number_in(self, column: str) -> Decimal:
        """The number in a cell, thousands with or without commas; 0 for an empty one."""
        said = self.text(column)
        if not said:
            return Decimal(0)
        number = plain_number(said)
        if number is None:
            raise self.bad(column, "not a number")
        if number and not -_WIDEST < number.adjusted() < _WIDEST:
            raise self.bad(column, "not a number of this world")
        return number

    def moment_in(self, column: str) -> int:
        """The moment in a cell (ms), to the second; without a zone it is Japan's time."""
        found = _MOMENT.fullmatch(self.text(column))
        if not found:
            raise self.bad(column, "no date and time to the second")
        year, _, month, day, hour, minute, second, zone = found.groups()
        numbers = (int(one) for one in (year, month, day, hour, minute, second))
        try:
            at = from_datetime(datetime(*numbers, tzinfo=_zone(zone)))  # type: ignore[misc]
        except (ValueError, OverflowError):
            raise self.bad(column, "no date and time") from None
        if not _EARLIEST <= at < _LATEST:
            raise self.bad(column, "not a time between 2009 and 2100")
        return at


def _quoted(text: str) -> str:
    """A text in quotes without anything that a terminal would obey; `empty` for none."""
    return repr(text) if text else "empty"


def plain_number(text: str) -> Decimal | None:
    """1,234.5 or 1234.5 or 1.5e-05; None for any other text."""
    return Decimal(text.replace(",", "")) if _PLAIN.fullmatch(text) else None


def csv_rows(path: Path) -> Iterator[CsvRow]:
    """The rows under the header, without blank ones.

    Raises InputError for a file that is no CSV in UTF-8 or Shift_JIS, and for a row with more or
    fewer cells than the header has.
    """
    lines = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    number = 1
    try:
        header = [name.strip() for name in next(lines, [])]
        for number, cells in enumerate(lines, 2):
            if not any(one.strip() for one in cells):
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{path}: row {number} has {len(cells)} columns instead of {len(header)}: "
                    "download the file again"
                )
            yield CsvRow(path, number, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"{path}: near row {number}: no CSV ({error})") from error


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    known = " nor ".join(ENCODINGS.values())
    raise InputError(f"{path}: neither {known}: download the file again, as CSV")


def _zone(text: str | None) -> timezone:
    if text is None:
        return timezone(timedelta(milliseconds=JAPAN))
    if text in {"Z", "UTC"}:
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))
