"""Calendar months in UTC, and the archives that hold their candles."""

import re
from typing import Final

import attrs

from domain.instant import DAY, parse, to_datetime

INTERVAL: Final = "5m"
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@attrs.frozen(slots=True, weakref_slot=False, order=True)
class Month:
    """A month in UTC, such as 2025-01."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """The month of a text such as 2025-01. Raises ValueError for anything else."""
        found = _MONTH.fullmatch(text.strip())
        if found is None or not 1 <= int(found[2]) <= 12 or not 2009 <= int(found[1]) < 2100:
            raise ValueError(f"{text!r} is not a month such as 2025-01")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, moment: int) -> "Month":
        """The month of a moment (ms)."""
        date = to_datetime(moment)
        return cls(date.year, date.month)

    def plus(self, months: int) -> "Month":
        """So many months later, or earlier."""
        years, index = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, index + 1)

    @property
    def start(self) -> int:
        """Its first moment (ms)."""
        return parse(f"{self}-01")

    @property
    def end(self) -> int:
        """The first moment after it (ms)."""
        return self.plus(1).start

    @property
    def days(self) -> range:
        """The first moments of its days (ms)."""
        return range(self.start, self.end, DAY)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


def months_from(first: Month, last: Month) -> tuple[Month, ...]:
    """The months from the first to the last, both included."""
    count = (last.year - first.year) * 12 + last.number - first.number + 1
    return tuple(first.plus(at) for at in range(count))


@attrs.frozen(slots=True, weakref_slot=False)
class ArchiveFile:
    """A zip that Binance publishes: what it is called and which candles it holds, [start, end)."""

    path: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """Its file name, such as ETHUSDT-5m-2025-01.zip."""
        return self.path.rpartition("/")[2]


def monthly(symbol: str, month: Month) -> ArchiveFile:
    """The archive of a whole month."""
    return ArchiveFile(_path("monthly", symbol, str(month)), month.start, month.end)


def daily(symbol: str, day: int) -> ArchiveFile:
    """The archive of the day that begins at a moment (ms)."""
    return ArchiveFile(_path("daily", symbol, f"{to_datetime(day):%Y-%m-%d}"), day, day + DAY)


def _path(kind: str, symbol: str, when: str) -> str:
    return f"data/spot/{kind}/klines/{symbol}/{INTERVAL}/{symbol}-{INTERVAL}-{when}.zip"
