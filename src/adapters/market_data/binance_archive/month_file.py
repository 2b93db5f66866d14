"""One coin's candles of one month as a Parquet file that also says what it was made of."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from adapters.market_data.binance_archive.months import INTERVAL, ArchiveFile, Month
from adapters.market_data.binance_archive.row_check import Rows
from adapters.market_data.candle_table import VALUES
from application.errors import InputError
from domain.instant import CANDLE

_KEY = b"crypto-trader"
_FORMAT = 1
_SCHEMA = pa.schema([("open_time", pa.int64()), *((name, pa.float64()) for name in VALUES)])


@attrs.define(slots=True, weakref_slot=False, kw_only=True)
class MonthCandles:
    """A coin's candles of a month as far as they are known, and where they came from.

    `since` (ms): the month's start, or the first candle of a coin that was listed in it.
    `asked_to` (ms): what is missing before it is neither in an archive nor at the REST interface.
    `sources`: SHA-256 by name of archive. `filled`: opening times that only the REST interface had.
    """

    symbol: str
    month: Month
    since: int
    asked_to: int
    sources: dict[str, str] = attrs.field(factory=dict)
    filled: set[int] = attrs.field(factory=set)
    rows: Rows = attrs.field(factory=dict)

    def missing(self, start: int, end: int) -> list[int]:
        """Opening times in [start, end) without a candle (ms), rising."""
        return [at for at in range(max(start, self.since), end, CANDLE) if at not in self.rows]

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """(first missing opening time in ms, candles) of each stretch that is nowhere to be had."""
        return stretches(self.missing(self.since, self.asked_to))

    def take(self, file: ArchiveFile, rows: Rows, sha256: str, until: int) -> int:
        """Take over an archive's candles; how many it has otherwise than they were known."""
        changed = sum(1 for at, row in rows.items() if self.rows.get(at, row) != row)
        if (file.start, file.end) == (self.month.start, self.month.end):
            # it replaces the days that stood in for it, and every hole is asked about again
            self.sources, self.asked_to = {}, self.month.start
        self.sources[file.name] = sha256
        self.rows.update(rows)
        self.filled -= rows.keys()
        self.settle(until)
        return changed

    def settle(self, until: int) -> None:
        """Move `asked_to` on to the first candle that is missing, or to `until` (ms)."""
        self.asked_to = next(iter(self.missing(self.asked_to, until)), until)


def stretches(times: Sequence[int]) -> list[tuple[int, int]]:
    """(first, how many) of each unbroken run of opening times (ms, rising)."""
    found: list[tuple[int, int]] = []
    for at in times:
        if found and at == found[-1][0] + found[-1][1] * CANDLE:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((at, 1))
    return found


def path_of(folder: Path, symbol: str, month: Month) -> Path:
    """Where a month of a coin lies."""
    return folder / f"{symbol}-{INTERVAL}-{month}.parquet"


def read_month(folder: Path, symbol: str, month: Month) -> MonthCandles | None:
    """What an earlier run left of a month; None when it is not there.

    Raises InputError for a file of that name that is damaged or was made by something else.
    """
    path = path_of(folder, symbol, month)
    if not path.exists():
        return None
    try:
        with pq.ParquetFile(path) as file:
            noted = (file.schema_arrow.metadata or {}).get(_KEY)
            table = file.read(columns=_SCHEMA.names, use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as failure:
        raise InputError(
            f"{path}: cannot be read: remove it and run the command again"
        ) from failure
    try:
        known = _known(json.loads(noted or b"null"), symbol, month)
    except (ValueError, TypeError, KeyError):
        raise InputError(
            f"{path}: was not made by this command: move it away, or name another folder by --out"
        ) from None
    times, *values = (column.to_pylist() for column in table.select(_SCHEMA.names).columns)
    known.rows = dict(zip(times, zip(*values, strict=True), strict=True))
    return known


def _known(noted: dict[str, Any], symbol: str, month: Month) -> MonthCandles:
    if (noted["format"], noted["symbol"], noted["month"]) != (_FORMAT, symbol, str(month)):
        raise ValueError(noted)
    return MonthCandles(
        symbol=symbol,
        month=month,
        since=int(noted["since"]),
        asked_to=int(noted["asked_to"]),
        sources=dict(noted["sources"]),
        filled={first + k * CANDLE for first, count in noted["filled"] for k in range(count)},
    )


def write_month(folder: Path, parts: Path, known: MonthCandles) -> None:
    """Put a month in its place at once: whoever looks finds the old file, or the whole new one."""
    path = path_of(folder, known.symbol, known.month)
    times = sorted(known.rows)
    values = zip(*(known.rows[at] for at in times), strict=True)
    noted = {
        "format": _FORMAT,
        "symbol": known.symbol,
        "month": str(known.month),
        "since": known.since,
        "asked_to": known.asked_to,
        "sources": known.sources,
        "filled": stretches(sorted(known.filled)),
    }
    schema = _SCHEMA.with_metadata({_KEY: json.dumps(noted).encode()})
    part = parts / f"{path.name}.part"
    with part.open("wb") as target:
        pq.write_table(pa.table([times, *values], schema=schema), target, compression="zstd")
        target.flush()
        os.fsync(target.fileno())
    part.replace(path)
