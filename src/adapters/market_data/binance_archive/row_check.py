"""Rows as Binance writes them, in archives and REST answers alike, believed one by one."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

import attrs

from domain.instant import CANDLE, parse

Candle = tuple[float, float, float, float, float]
"""open, high, low, close in USDT and volume in coins."""
Rows = dict[int, Candle]
"""Candles by opening time (ms)."""

_MICROSECONDS: Final = 10**14
"""From here on a time is in microseconds: as milliseconds it would be the year 5138."""
_FIRST, _LAST = parse("2009-01-01"), parse("2100-01-01")


@attrs.define(slots=True, weakref_slot=False)
class RowCheck:
    """Rows opened in [start, end) that can be believed, and how many could not be.

    Of two rows of one time that differ neither is believed.
    """

    start: int
    end: int
    rows: Rows = attrs.field(factory=dict)
    doubles: int = 0
    refused: int = 0
    first_reason: str = ""
    _contradicted: set[int] = attrs.field(factory=set)

    def add(self, fields: Sequence[object]) -> None:
        """Take one row: open time, open, high, low, close, volume, close time, ..."""
        try:
            opened, candle = _believed(fields)
        except ValueError as reason:
            self._refuse(str(reason))
            return
        if not self.start <= opened < self.end:
            self._refuse(f"a candle of {opened} lies outside the file")
            return
        known = self.rows.setdefault(opened, candle)
        if opened in self._contradicted or known != candle:
            self._contradicted.add(opened)
            self._refuse(f"two candles of {opened} differ")
        elif known is not candle:
            self.doubles += 1

    def done(self) -> "RowCheck":
        """To be called after the last row: drops what was contradicted."""
        for opened in self._contradicted:
            self.rows.pop(opened, None)
        return self

    @property
    def said(self) -> list[str]:
        """What was not taken over, in words."""
        said = []
        if self.doubles:
            said.append(f"{counted(self.doubles, 'row')} that stood there twice dropped")
        if self.refused:
            why = self.first_reason
            said.append(f"{counted(self.refused, 'row')} not believed (the first: {why})")
        return said

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        self.first_reason = self.first_reason or reason


def counted(count: int, what: str) -> str:
    """A number of things in words: 1 row, 2,000 rows."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _believed(fields: Sequence[object]) -> tuple[int, Candle]:
    if len(fields) < 6:
        raise ValueError(f"{len(fields)} fields instead of 6 or more")
    opened = moment(fields[0])
    if opened % CANDLE:
        raise ValueError(f"open time {opened} is off the 5-minute grid")
    if len(fields) > 6 and not opened < moment(fields[6]) < opened + CANDLE:
        raise ValueError(f"the candle of {opened} is of another length than 5 minutes")
    candle = (
        _number(fields[1]),
        _number(fields[2]),
        _number(fields[3]),
        _number(fields[4]),
        _number(fields[5]),
    )
    first, high, low, last, volume = candle
    if not 0 < low <= min(first, last) <= max(first, last) <= high or volume < 0:
        raise ValueError(f"impossible prices at {opened}")
    return opened, candle


def moment(value: object) -> int:
    """Milliseconds of a time in milliseconds or microseconds, told apart by its size.

    Raises ValueError for anything that is not between 2009 and 2100.
    """
    if isinstance(value, bool) or not isinstance(value, int | str) or "_" in str(value):
        raise ValueError("a time that is not a whole number")
    try:
        number = int(value)
    except ValueError:
        raise ValueError("a time that is not a whole number") from None
    in_ms = number // 1000 if number >= _MICROSECONDS else number
    if not _FIRST <= in_ms < _LAST:
        raise ValueError(f"time {number} is in neither milliseconds nor microseconds")
    return in_ms


def _number(value: object) -> float:
    """The nearest float to a decimal text or number."""
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):
        raise ValueError(f"{value!r} is not a number")
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a field that is not a number") from None
    if not isfinite(found):
        raise ValueError("a number that is not finite")
    return found
