"""A month of one coin: from the archive's month or its days, holes filled, kept as Parquet.

`ETHUSDT-5m-2025-01.parquet` has the columns that a backtest reads, and in its metadata what it was
made of. A file appears whole or not at all; one whose month was not over yet is made again.
"""

import calendar
import io
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import attrs
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from adapters.market_data.binance.hosts import Hosts
from adapters.market_data.binance_archive.remote import Archive, Zip
from adapters.market_data.binance_archive.rest import candles_between
from adapters.market_data.candle_names import CandleFile
from adapters.market_data.candle_table import VALUES, read_candles
from adapters.whole_file import write_whole
from application.errors import Broken, InputError
from domain.events import Candle
from domain.instant import CANDLE, DAY, from_datetime, iso
from domain.instruments import Instrument
from domain.market.candle_series import CandleSeries, IntArray

FOLDER: Final = "data/spot"
_KEY: Final = b"crypto-trader"


@attrs.frozen(slots=True, weakref_slot=False, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """YYYY-MM. Raises ValueError for anything else."""
        found = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
        return cls(found.year, found.month)

    @property
    def start(self) -> int:
        """Its first moment (ms)."""
        return from_datetime(datetime(self.year, self.number, 1, tzinfo=UTC))

    @property
    def end(self) -> int:
        """The first moment (ms) of the next one."""
        return self.start + calendar.monthrange(self.year, self.number)[1] * DAY

    @property
    def next(self) -> "Month":
        """The month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Made:
    """A month's file: how many candles it has, of which REST gave some; how many are missing.

    `until` is the end (ms) of what it covers; `digests` are those of the zips that it was made of.
    """

    candles: int
    filled: int
    missing: int
    until: int
    digests: dict[str, str]


class MonthOfCoin:
    """One file in a folder."""

    def __init__(self, folder: Path, coin: Instrument, month: Month) -> None:
        self.coin, self.month = coin, month
        self.path = folder / f"{coin.binance}-5m-{month}.parquet"

    def made(self) -> Made | None:
        """What the file says of itself; None when it is not there or not one of ours."""
        try:
            kept = (pq.read_schema(self.path).metadata or {}).get(_KEY)
            return None if kept is None else Made(**json.loads(kept))
        except (OSError, pa.ArrowException, ValueError, TypeError):
            return None

    async def is_current(self, archive: Archive) -> bool:
        """Whether the archive still states the digests that the file was made of."""
        made = self.made()
        if made is None:
            return False
        return all([await archive.digest(path) == one for path, one in made.digests.items()])

    async def make(self, archive: Archive, hosts: Hosts, now: int) -> Made | None:
        """Fetch what there is up to `now` (ms) and keep it; None when there is no candle at all.

        Raises Retryable, Refused or Broken; then the file is as it was.
        """
        # the newest candle may still change for a moment
        until = min(self.month.end, now - now % CANDLE - CANDLE)
        series, digests = await self._archived(archive, until)
        columns, filled = await self._filled(hosts, series, until)
        times = columns["open_time"]
        if not len(times):
            return None
        # before a coin was listed nothing is missing
        missing = (until - int(times[0])) // CANDLE - len(times)
        made = Made(
            candles=len(times), filled=filled, missing=missing, until=until, digests=digests
        )
        table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(attrs.asdict(made))})
        content = io.BytesIO()
        pq.write_table(table, content, compression="zstd")
        try:
            write_whole(self.path, content.getvalue())
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from error
        return made

    async def _archived(
        self, archive: Archive, until: int
    ) -> tuple[list[CandleSeries], dict[str, str]]:
        """The month's zip, or those of its days; and their digests by path."""
        symbol, digests = self.coin.binance, {}
        whole = f"{FOLDER}/monthly/klines/{symbol}/5m/{symbol}-5m-{self.month}.zip"
        found = await archive.fetch(whole) if until == self.month.end else None
        if found is not None:
            return [self._read(whole, found)], {whole: found.digest}
        series = []
        for day in range(self.month.start, until - DAY + 1, DAY):
            path = f"{FOLDER}/daily/klines/{symbol}/5m/{symbol}-5m-{iso(day)[:10]}.zip"
            of_day = await archive.fetch(path)
            if of_day is not None:
                series.append(self._read(path, of_day))
                digests[path] = of_day.digest
        return series, digests

    def _read(self, path: str, found: Zip) -> CandleSeries:
        name = path.rpartition("/")[2]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(found.content)
            try:
                series, _ = read_candles(CandleFile(file, self.coin, explicit=True))
            except InputError as error:
                raise Broken(str(error).replace(str(file), path)) from None
        return series.between(self.month.start, self.month.end)

    async def _filled(
        self, hosts: Hosts, series: Sequence[CandleSeries], until: int
    ) -> tuple[dict[str, IntArray], int]:
        """Columns with the holes filled, and how many candles that were."""
        columns = {
            name: np.concatenate([getattr(one, name) for one in series] or [np.array([])])
            for name in ("open_time", *VALUES)
        }
        columns["open_time"] = columns["open_time"].astype(np.int64)
        found: list[Candle] = []
        for start, end in holes(columns["open_time"], self.month.start, until):
            found += await candles_between(hosts, self.coin, start, end)
        if found:
            for name, column in columns.items():
                fresh = np.array([getattr(one, name) for one in found], dtype=column.dtype)
                columns[name] = np.concatenate([column, fresh])
            order = np.argsort(columns["open_time"], kind="stable")
            columns = {name: column[order] for name, column in columns.items()}
        return columns, len(found)


def holes(times: IntArray, start: int, end: int) -> list[tuple[int, int]]:
    """Stretches of [start, end) (ms) without a candle, each from one open time to another."""
    there = np.concatenate([[start - CANDLE], times, [end]])
    at = np.flatnonzero(np.diff(there) > CANDLE)
    return [(int(there[one]) + CANDLE, int(there[one + 1])) for one in at]


def months(first: Month, last: Month) -> list[Month]:
    """All months from one to another, both included."""
    found = []
    while first <= last:
        found.append(first)
        first = first.next
    return found
