"""Columns of a table as checked arrays; every complaint names file, column and row."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from application.errors import InputError
from domain.market.candle_series import BoolArray, FloatArray, IntArray

# a moment is told by its size: ms cover 2001 to 2286, microseconds the same years
_MS = (10**12, 10**13)
_US = (10**15, 10**16)
_OTHER_UNITS = (("seconds", 10**9, 10**10), ("nanoseconds", 10**18, 10**19))


def require(table: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    """Raises InputError that names the columns a table lacks."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} is missing; the file has "
            f"{', '.join(map(str, table.columns)) or 'none'}: rename or export again"
        )


def numbers(
    table: pd.DataFrame,
    column: str,
    path: Path,
    low: float = -np.inf,
    high: float = np.inf,
) -> FloatArray:
    """A column as finite float64 from low to high.

    Raises InputError that names the first row (from 1) that holds anything else.
    """
    raw = table[column]
    if raw.dtype.kind in "bM":
        raise InputError(f"{path}: column {column} holds {raw.dtype}, not numbers: export again")
    values: FloatArray = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=np.float64)
    refuse_rows(~np.isfinite(values), raw, path, "not a finite number")
    refuse_rows((values < low) | (values > high), raw, path, f"not within {low:g} to {high:g}")
    return values


def moments(table: pd.DataFrame, column: str, path: Path) -> IntArray:
    """A column of ms, microseconds, datetimes or ISO texts (UTC) as int64 ms.

    Raises InputError that names the first row (from 1) that is none of these, and its unit.
    """
    raw = table[column]
    if raw.dtype.kind != "M" and not _looks_numeric(raw):
        raw = pd.to_datetime(raw.astype(str), errors="coerce", utc=True, format="ISO8601")
        refuse_rows(raw.isna().to_numpy(), table[column], path, "not a moment")
    if raw.dtype.kind == "M":
        refuse_rows(raw.isna().to_numpy(), table[column], path, "not a moment")
        in_ms: IntArray = raw.dt.as_unit("ms").astype("int64").to_numpy()
        return in_ms
    given = numbers(table, column, path)
    whole = raw.to_numpy() if raw.dtype.kind == "i" else given.astype(np.int64)
    refuse_rows(given != np.trunc(given), raw, path, "not a whole number of ms")
    for unit, low, high in _OTHER_UNITS:
        refuse_rows(
            (given >= low) & (given < high), raw, path, f"in {unit}: ms or microseconds are wanted"
        )
    microseconds = (whole >= _US[0]) & (whole < _US[1])
    known = microseconds | ((whole >= _MS[0]) & (whole < _MS[1]))
    refuse_rows(~known, raw, path, "neither ms nor microseconds since 1970")
    refuse_rows(microseconds & (whole % 1000 != 0), raw, path, "not a whole number of ms")
    return np.where(microseconds, whole // 1000, whole).astype(np.int64)


def _looks_numeric(raw: "pd.Series[float]") -> bool:
    if raw.dtype.kind in "iuf":
        return True
    present = raw.dropna()
    return present.empty or bool(pd.notna(pd.to_numeric(present, errors="coerce")).any())


def refuse_rows(bad: BoolArray, raw: "pd.Series[float]", path: Path, why: str) -> None:
    """Raises InputError that names the first bad row (from 1) of a column, if there is one."""
    if bad.any():
        at = int(np.argmax(bad))
        said = "empty" if pd.isna(raw.iloc[at]) else str(raw.iloc[at])
        raise InputError(
            f"{path}: {raw.name} in row {int(raw.index[at]) + 1} is {said}, {why}: "
            f"correct or remove the row"
        )
