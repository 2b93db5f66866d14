"""One file into a table, or one sentence that says why not."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from application.errors import InputError

SUFFIXES = (".parquet", ".csv", ".csv.gz", ".zip")

_UNREADABLE = (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException)


def is_table(path: Path) -> bool:
    """Whether the name of a file is that of a table: Parquet, CSV, CSV.gz or zip."""
    return path.name.lower().endswith(SUFFIXES)


def read_table(
    path: Path, wanted: Sequence[str] | None = None, headerless: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows of a Parquet, CSV, CSV.gz or zip file (the first CSV in it) with its columns.

    `wanted` leaves other columns unread where the format allows it; a column that is not
    there is not an error here. `headerless` names the columns of a CSV whose first line is
    already data. Raises InputError for a file that is missing, empty or cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file: check the path")
    if not is_table(path):
        raise InputError(f"{path}: not a {', '.join(SUFFIXES)} file: convert it to one of these")
    try:
        table = _parquet(path, wanted) if path.suffix.lower() == ".parquet" else None
        if table is None:
            table = _csv(_content(path), headerless)
    except _UNREADABLE as failure:
        why = str(failure).strip().splitlines() or [type(failure).__name__]
        raise InputError(
            f"{path}: cannot be read ({why[0].rstrip('.')}): fetch or export it again"
        ) from failure
    if table.empty:
        raise InputError(f"{path}: has no rows: fetch it again or leave it out")
    return table


def _parquet(path: Path, wanted: Sequence[str] | None) -> pd.DataFrame:
    with pq.ParquetFile(path) as file:
        present = file.schema_arrow.names
        columns = [name for name in present if wanted is None or name in wanted]
        if not columns:
            return pd.DataFrame(columns=present, index=range(file.metadata.num_rows))
        table: pd.DataFrame = file.read(columns=columns, use_threads=False).to_pandas()
        # an index that was saved with the table, even as mere start and step, is a column here
        kept = {
            name: table.index.get_level_values(name)
            for name in table.index.names
            if name is not None and name not in table.columns
        }
        return table.reset_index(drop=True).assign(**kept)


def _content(path: Path) -> bytes:
    name = path.name.lower()
    if name.endswith(".gz"):
        return gzip.decompress(path.read_bytes())
    if not name.endswith(".zip"):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.lower().endswith(".csv"):
                try:
                    return archive.read(member)
                except RuntimeError as failure:
                    # encrypted, or packed by a method unknown here
                    raise ValueError(str(failure)) from failure
    raise ValueError("no CSV file in the archive")


def _csv(content: bytes, headerless: Sequence[str]) -> pd.DataFrame:
    if not content.strip():
        return pd.DataFrame()
    first_line = content.split(b"\n", 1)[0]
    starts_with_data = first_line.lstrip(b'"')[:1].isdigit()
    if not (headerless and starts_with_data):
        # the Arrow parser gives the nearest float64 to each decimal; pandas' own may be one off
        return pd.read_csv(io.BytesIO(content), engine="pyarrow")
    width = first_line.count(b",") + 1
    if width < len(headerless):
        raise ValueError(f"no header and {width} columns instead of {', '.join(headerless)}")
    names = [*headerless, *(f"column_{at + 1}" for at in range(len(headerless), width))]
    return pd.read_csv(io.BytesIO(content), engine="pyarrow", header=None, names=names)
