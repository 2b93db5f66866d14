"""Files of USDJPY and of premiums: bars, or one value a day."""

from pathlib import Path

import numpy as np
import pandas as pd

from adapters.table_files.columns import moments, numbers, require
from adapters.table_files.read import read_table
from adapters.table_files.timeline import Timeline, timeline
from application.errors import InputError
from domain.instant import DAY, HOUR

_DAILY_COLUMNS = ("yahoo_close", "fred_dexjpus", "close", "value")


def read_rates(path: Path, possible: tuple[float, float]) -> Timeline:
    """Rates of a CSV or Parquet file: open_time, open, close (bars), or date and a value a day.

    A bar's open is known at its opening time, its close one bar later; a day's value when the
    day is over, but yahoo_close, a rate of the day's beginning, at 00:00 UTC of its date. Raises
    InputError, also for a rate outside `possible` (low, high).
    """
    table = read_table(path)
    read = _bars if "open_time" in table.columns else _days
    return read(table, path, possible)


def read_premiums(path: Path) -> Timeline:
    """Premiums as fractions, with open_time (ms) or date. Raises InputError."""
    table = read_table(path)
    column = "open_time" if "open_time" in table.columns else "date"
    require(table, (column, "premium"), path)
    fractions = numbers(table, "premium", path, -0.5, 0.5)
    return timeline(moments(table, column, path).tolist(), fractions.tolist(), path)


def _bars(table: pd.DataFrame, path: Path, possible: tuple[float, float]) -> Timeline:
    require(table, ("open", "close"), path)
    opened = moments(table, "open_time", path)
    opens, closes = (numbers(table, name, path, *possible) for name in ("open", "close"))
    bars = timeline(opened.tolist(), opens.tolist(), path)
    steps = np.diff(bars.times)
    length = int(steps.min()) if len(steps) else HOUR  # the wider steps are weekends and holes
    ends = timeline((opened + length).tolist(), closes.tolist(), path)
    # where one bar ends and the next opens, the open is the newer price
    known = dict(zip(ends.times, ends.readings, strict=True))
    known |= dict(zip(bars.times, bars.readings, strict=True))
    return timeline(list(known), list(known.values()), path)


def _days(table: pd.DataFrame, path: Path, possible: tuple[float, float]) -> Timeline:
    column = next((one for one in _DAILY_COLUMNS if one in table.columns), None)
    if "date" not in table.columns or column is None:
        raise InputError(
            f"{path}: column open_time, or date with one of {', '.join(_DAILY_COLUMNS)}, is "
            f"missing; the file has {', '.join(map(str, table.columns))}: rename or export again"
        )
    days = moments(table, "date", path)
    present = table[table[column].notna()]
    if present.empty:
        raise InputError(f"{path}: column {column} has no value at all: export again")
    days = days[table[column].notna().to_numpy()]
    values = numbers(present, column, path, *possible)
    # a close or a noon rate of a day is known when the day is over; Yahoo's is of its beginning
    known_after = 0 if column == "yahoo_close" else DAY
    return timeline((days - days % DAY + known_after).tolist(), values.tolist(), path)
