"""One candle file as a checked series: five-minute grid, believable prices, no row twice."""

from collections.abc import Sequence

import numpy as np

from adapters.market_data.candle_names import CandleFile, interval_in
from adapters.table_files.columns import moments, numbers, require
from adapters.table_files.read import read_table
from application.errors import InputError
from domain.instant import CANDLE, MINUTE, iso
from domain.market.candle_series import BoolArray, CandleSeries, FloatArray, IntArray

VALUES = ("open", "high", "low", "close", "volume")
_ARCHIVE = ("open_time", *VALUES)  # a Binance archive's first columns; the rest has no use here


class OtherInterval(InputError):
    """The file holds candles of another length than five minutes."""


def read_candles(file: CandleFile) -> tuple[CandleSeries, list[str]]:
    """All candles of a file, oldest first, and a sentence for each repair.

    Raises OtherInterval for candles of another length, InputError that names file, column and
    row or time for anything else that cannot be believed.
    """
    path = file.path
    named = interval_in(path)
    if named not in (None, "5m"):
        raise OtherInterval(f"{path}: holds {named} candles by its name: 5-minute ones are needed")
    table = read_table(path, (*_ARCHIVE, "date"), headerless=_ARCHIVE)
    time_column = "open_time" if "open_time" in table.columns else "date"
    require(table, VALUES if time_column in table.columns else _ARCHIVE, path)
    times = moments(table, time_column, path)
    _check_grid(file, times, time_column)
    series = CandleSeries(
        file.instrument.pair, times, *(numbers(table, name, path) for name in VALUES)
    )
    _check_values(file, series)
    said: list[str] = []
    if np.any(np.diff(series.open_time) < 0):
        series = _rows(series, np.argsort(series.open_time, kind="stable"))
        said.append(f"{path}: rows were not in order of time and have been sorted")
    series, dropped = without_doubles(series, str(path))
    if dropped:
        said.append(f"{path}: {_counted(dropped, 'row')} that stood there twice dropped")
    return series, said


def joined(parts: Sequence[tuple[CandleFile, CandleSeries]]) -> tuple[CandleSeries, int]:
    """Series of one coin from several files as one, and how many rows they share.

    Raises InputError that names the files and the time where they contradict each other.
    """
    if len(parts) == 1:
        return parts[0][1], 0
    series = CandleSeries(
        parts[0][1].pair,
        np.concatenate([one.open_time for _, one in parts]),
        *(np.concatenate([getattr(one, name) for _, one in parts]) for name in VALUES),
    )
    series = _rows(series, np.argsort(series.open_time, kind="stable"))
    return without_doubles(series, ", ".join(str(file.path) for file, _ in parts))


def without_doubles(series: CandleSeries, where: str) -> tuple[CandleSeries, int]:
    """A sorted series with each open time once, and how many rows that dropped.

    Raises InputError when two rows of one open time differ.
    """
    double = np.diff(series.open_time) == 0
    if not double.any():
        return series, 0
    for name in VALUES:
        column: FloatArray = getattr(series, name)
        differing = double & (column[1:] != column[:-1])
        if differing.any():
            at = int(np.argmax(differing))
            raise InputError(
                f"{where}: two rows of {iso(int(series.open_time[at]))} differ in {name} "
                f"({column[at]:g} and {column[at + 1]:g}): remove the wrong one"
            )
    keep = np.concatenate(([True], ~double))
    return _rows(series, np.flatnonzero(keep)), int(double.sum())


def _rows(series: CandleSeries, rows: IntArray) -> CandleSeries:
    return CandleSeries(
        series.pair, series.open_time[rows], *(getattr(series, name)[rows] for name in VALUES)
    )


def _check_grid(file: CandleFile, times: IntArray, column: str) -> None:
    steps = np.diff(np.unique(times))
    usual = int(np.median(steps)) if len(steps) else CANDLE
    # two candles an hour apart may be five-minute ones with a gap; three in a row are not
    if usual < CANDLE or (len(steps) >= 2 and int(steps.min()) > CANDLE):
        raise OtherInterval(
            f"{file.path}: candles are {usual / MINUTE:g} minutes apart: 5-minute ones are needed"
        )
    off = times % CANDLE != 0
    if off.any():
        row = int(np.argmax(off))
        raise InputError(
            f"{file.path}: {column} in row {row + 1} is {iso(int(times[row]))} "
            f"({int(times[row])}), off the 5-minute grid: correct the file"
        )


def _check_values(file: CandleFile, candles: CandleSeries) -> None:
    for name in VALUES[:-1]:
        _refuse(file, candles, getattr(candles, name) <= 0, name, "not above 0")
    _refuse(file, candles, candles.volume < 0, "volume", "negative")
    _refuse(file, candles, candles.high < candles.low, "high", "under low")
    for name in ("open", "close"):
        price: FloatArray = getattr(candles, name)
        outside = (price < candles.low) | (price > candles.high)
        _refuse(file, candles, outside, name, "outside low to high")


def _refuse(file: CandleFile, candles: CandleSeries, bad: BoolArray, name: str, why: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{file.path}: {name} in row {row + 1} ({iso(int(candles.open_time[row]))}) is "
            f"{getattr(candles, name)[row]:g}, {why}: correct or remove the row"
        )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")
