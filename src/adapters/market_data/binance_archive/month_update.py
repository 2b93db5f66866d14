"""Bringing one month of one coin up to date: archives first, then what they lack from REST."""

from pathlib import Path
from typing import Final

import attrs

from adapters.market_data.binance_archive.downloads import Downloads
from adapters.market_data.binance_archive.klines import Klines
from adapters.market_data.binance_archive.month_file import (
    MonthCandles,
    read_month,
    write_month,
)
from adapters.market_data.binance_archive.months import ArchiveFile, Month, daily, monthly
from adapters.market_data.binance_archive.row_check import counted
from application.errors import Broken, OutsideError
from domain.instant import DAY, iso

MISSES: Final = 3
"""Days in a row without an archive after which the other days of a month are left to REST."""


@attrs.define(slots=True, weakref_slot=False)
class MonthResult:
    """A month after a run: its candles, and what there is to say. Times in ms.

    `not_asked`: missing candles that REST could not be asked for, because of `failure`.
    """

    month: Month
    candles: int = 0
    filled: int = 0
    gaps: list[tuple[int, int]] = attrs.field(factory=list)
    not_asked: int = 0
    is_changed: bool = False
    said: list[str] = attrs.field(factory=list)
    failure: OutsideError | None = None


class MonthUpdate:
    """One coin's months in a folder. `until` (ms): candles opened before it have closed."""

    def __init__(
        self,
        symbol: str,
        *,
        downloads: Downloads,
        klines: Klines,
        folder: Path,
        parts: Path,
        until: int,
    ) -> None:
        self._symbol = symbol
        self._downloads = downloads
        self._klines = klines
        self._folder = folder
        self._parts = parts
        self._until = until

    async def bring(self, month: Month) -> MonthResult:
        """Fetch what is missing of a month and put it in its place, piece by piece.

        Raises Retryable, Refused or ConfigurationError when the archives cannot be had, and
        InputError for a file in the way; what was put in its place before stays.
        """
        result = MonthResult(month)
        until = min(month.end, self._until)
        known = read_month(self._folder, self._symbol, month)
        if month.end <= self._until:
            known = await self._from_month(month, known, result)
        if known is None or monthly(self._symbol, month).name not in known.sources:
            known = await self._from_days(month, known, until, result)
        if known is None:
            return result
        await self._from_rest(known, until, result)
        result.candles, result.filled = len(known.rows), len(known.filled)
        result.gaps = known.gaps
        result.not_asked = len(known.missing(known.asked_to, until))
        return result

    async def _from_month(
        self, month: Month, known: MonthCandles | None, result: MonthResult
    ) -> MonthCandles | None:
        """With the month's archive, if there is one that is not there yet."""
        file = monthly(self._symbol, month)
        has = known.sources.get(file.name) if known else None
        try:
            if has is not None:
                published = await self._downloads.checksum(file)
                if published in {None, has}:
                    return known
                result.said.append(f"{file.name}: issued anew since it was fetched")
            known = await self._taken(file, known, month.end, result) or known
        except Broken as failure:
            result.said.append(f"{failure}; went on without it")
        return known

    async def _from_days(
        self, month: Month, known: MonthCandles | None, until: int, result: MonthResult
    ) -> MonthCandles | None:
        """With the archives of days, where the month has none; None for a coin not listed then."""
        if known is None:
            since = await self._listed(month, result)
            if since is None:
                return None
            known = MonthCandles(
                symbol=self._symbol, month=month, since=since, asked_to=month.start
            )
        misses = 0
        for day in month.days:
            file = daily(self._symbol, day)
            is_wanted = file.name not in known.sources and known.missing(day, day + DAY)
            if day + DAY > until or misses == MISSES:
                break
            if not is_wanted:
                continue
            try:
                taken = await self._taken(file, known, until, result)
            except Broken as failure:
                taken = None
                result.said.append(f"{failure}; went on without it")
            misses = 0 if taken else misses + 1
        return known

    async def _taken(
        self, file: ArchiveFile, known: MonthCandles | None, until: int, result: MonthResult
    ) -> MonthCandles | None:
        archive = await self._downloads.archive(file)
        if archive is None:
            return None
        if known is None:
            month = Month.of(file.start)
            known = MonthCandles(
                symbol=self._symbol, month=month, since=month.start, asked_to=month.start
            )
        changed = known.take(file, archive.check.rows, archive.sha256, until)
        result.said += archive.said
        if changed:
            what = counted(changed, "candle")
            result.said.append(f"{file.name}: {what} otherwise than known before")
        self._put(known, result)
        return known

    async def _listed(self, month: Month, result: MonthResult) -> int | None:
        """When a month's candles can begin (ms); None for a coin that was listed after it."""
        try:
            first = await self._klines.first(self._symbol)
        except OutsideError:
            return month.start
        if first is None or first >= month.end:
            when = "never" if first is None else f"on {iso(first)[:10]}"
            result.said.append(f"{self._symbol} {month}: nothing there; first traded {when}")
            return None
        return max(month.start, first)

    async def _from_rest(self, known: MonthCandles, until: int, result: MonthResult) -> None:
        """With single candles for the holes; what is not there either is a gap from now on."""
        try:
            missing = known.missing(known.asked_to, until)
            if missing and missing[0] == known.month.start:
                first = await self._klines.first(self._symbol)
                if first is not None and first > missing[0]:
                    known.since = min(first, min(known.rows, default=first))
                    missing = known.missing(known.asked_to, until)
            if missing:
                check = await self._klines.of(self._symbol, missing)
                known.rows.update(check.rows)
                known.filled |= check.rows.keys()
                result.said += [f"{self._symbol} {known.month}: REST: {one}" for one in check.said]
        except OutsideError as failure:
            result.failure = failure
            return
        if known.asked_to < until:
            known.asked_to = until
            self._put(known, result)

    def _put(self, known: MonthCandles, result: MonthResult) -> None:
        if known.rows:
            write_month(self._folder, self._parts, known)
            result.is_changed = True
