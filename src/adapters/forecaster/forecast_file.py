"""Forecasts in a Parquet file, keyed by (pair, time, digest of the candles, digest of the model).

Columns: pair, at (ms), candles (how many), window (SHA-256 over their typical prices, 16 bytes),
model, version, and q10, q50, q90 as lists of float32, one price a step. Loads pyarrow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from adapters.whole_file import write_whole
from application.errors import InputError

QUANTILES: Final = ("q10", "q50", "q90")
DIGEST_BYTES: Final = 16
_ABOUT: Final = b"crypto-trader.forecasts"
"""Key of the file's metadata that holds the digest of the plan it was made to."""


def window_digest(prices: Sequence[float] | NDArray[np.float64]) -> bytes:
    """What tells one input of a model from another: 16 bytes over its prices, oldest first."""
    values = np.ascontiguousarray(prices, dtype="<f8")
    return hashlib.sha256(values.tobytes()).digest()[:DIGEST_BYTES]


@attrs.frozen(slots=True, weakref_slot=False, eq=False, kw_only=True)
class ForecastRows:
    """Forecasts of one model as columns; row i is of `pair[i]` at `at[i]` (ms)."""

    model: str
    version: str
    pair: Sequence[str]
    at: NDArray[np.int64]
    candles: NDArray[np.int32]
    window: Sequence[bytes]
    paths: NDArray[np.float32]
    """(rows, steps, 3)."""

    def __len__(self) -> int:
        return len(self.at)


def _schema(plan: str) -> Any:
    names = pa.dictionary(pa.int16(), pa.string())
    quantiles = [pa.field(name, pa.list_(pa.float32())) for name in QUANTILES]
    return pa.schema(
        [
            pa.field("pair", names),
            pa.field("at", pa.int64()),
            pa.field("candles", pa.int32()),
            pa.field("window", pa.binary(DIGEST_BYTES)),
            pa.field("model", names),
            pa.field("version", names),
            *quantiles,
        ],
        metadata={_ABOUT: plan.encode()},
    )


def to_table(rows: ForecastRows, plan: str) -> Any:
    """The Arrow table of some forecasts."""
    count, steps = rows.paths.shape[:2]
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * steps)
    paths = [
        pa.ListArray.from_arrays(
            offsets, pa.array(np.ascontiguousarray(rows.paths[:, :, at]).ravel())
        )
        for at in range(len(QUANTILES))
    ]
    schema = _schema(plan)
    columns = [
        pa.array(list(rows.pair)).cast(pa.string()).dictionary_encode(),
        pa.array(rows.at),
        pa.array(rows.candles),
        pa.array(list(rows.window), pa.binary(DIGEST_BYTES)),
        pa.array([rows.model] * count, pa.string()).dictionary_encode(),
        pa.array([rows.version] * count, pa.string()).dictionary_encode(),
        *paths,
    ]
    return pa.Table.from_arrays(
        [one.cast(field.type) for one, field in zip(columns, schema, strict=True)], schema=schema
    )


def write_rows(path: Path, rows: ForecastRows, plan: str) -> None:
    """A file of some forecasts, whole or not at all. Raises OSError."""
    sink = pa.BufferOutputStream()
    pq.write_table(to_table(rows, plan), sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())


def join_files(parts: Sequence[Path], path: Path, plan: str) -> int:
    """One file of many, whole or not at all; its rows. Raises OSError."""
    partial = path.with_name(f".{path.name}.partial")
    rows = 0
    try:
        with pq.ParquetWriter(partial, _schema(plan), compression="zstd") as writer:
            for part in parts:
                table = pq.read_table(part, use_threads=False)
                writer.write_table(table.cast(_schema(plan)))
                rows += table.num_rows
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def plan_of(path: Path) -> str | None:
    """The digest of the plan that a file was made to; None where it says none or is not ours."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return None
    plan: bytes | None = metadata.get(_ABOUT)
    return None if plan is None else plan.decode()


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class PairForecasts:
    """One pair's forecasts, in order of time."""

    at: NDArray[np.int64]
    candles: NDArray[np.int32]
    window: Sequence[bytes]
    paths: NDArray[np.float32]
    """(rows, steps, 3)."""


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class ForecastFile:
    """All that a file holds, of one model and one number of steps."""

    path: Path
    model: str
    version: str
    steps: int
    pairs: Mapping[str, PairForecasts]


def read_forecasts(path: Path) -> ForecastFile:
    """The forecasts of a file.

    Raises InputError with one sentence where it is missing, unreadable, of several models, or
    has two forecasts of one pair and time.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; `crypto-trader forecast` makes one")
    try:
        table = pq.read_table(path, use_threads=False)
        table = table.select([one.name for one in _schema("")]).cast(_schema(""))
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        why = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"{path}: is no file of forecasts ({why}); make one with `crypto-trader forecast`"
        ) from error
    if not table.num_rows:
        raise InputError(f"{path}: holds no forecast; make one with `crypto-trader forecast`")
    model, version = (_only(path, table, name) for name in ("model", "version"))
    steps = _steps(path, table)
    paths = np.stack(
        [
            table[name].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, steps)
            for name in QUANTILES
        ],
        axis=2,
    )
    return ForecastFile(path, model, version, steps, _by_pair(path, table, paths))


def _only(path: Path, table: Any, name: str) -> str:
    values = table[name].unique().to_pylist()
    if len(values) != 1:
        raise InputError(f"{path}: holds forecasts of {len(values)} {name}s: give a file of one")
    value: str = values[0]
    return value


def _steps(path: Path, table: Any) -> int:
    lengths = {
        one for name in QUANTILES for one in pc.list_value_length(table[name]).unique().to_pylist()
    }
    if len(lengths) != 1 or not all(lengths):
        raise InputError(f"{path}: its forecasts differ in length: make it again")
    steps: int = lengths.pop()
    return steps


def _by_pair(path: Path, table: Any, paths: NDArray[np.float32]) -> dict[str, PairForecasts]:
    pairs = np.array(table["pair"].to_pylist(), dtype=object)
    at, candles = table["at"].to_numpy(), table["candles"].to_numpy()
    window = table["window"].to_pylist()
    found = {}
    for pair in sorted(set(pairs.tolist())):
        rows = np.flatnonzero(pairs == pair)
        rows = rows[np.argsort(at[rows], kind="stable")]
        if np.any(np.diff(at[rows]) == 0):
            raise InputError(f"{path}: two forecasts of {pair} at one time: make it again")
        found[pair] = PairForecasts(
            at[rows], candles[rows], [window[row] for row in rows], paths[rows]
        )
    return found
