"""A downloaded zip as checked rows."""

import csv
import io
import zipfile
import zlib
from pathlib import Path
from typing import Final

from adapters.market_data.binance_archive.months import ArchiveFile
from adapters.market_data.binance_archive.row_check import RowCheck
from adapters.market_data.candle_table import VALUES
from application.errors import Broken

MOST_BYTES: Final = 64_000_000
"""Of the CSV in a zip: over twenty times a month of five-minute candles."""
_HEADER = ["open_time", *VALUES]


def read_zip(path: Path, file: ArchiveFile) -> RowCheck:
    """The rows of a zip, with or without a header line. Raises Broken that names the archive."""
    check = RowCheck(file.start, file.end)
    lines = csv.reader(io.StringIO(_text(path, file), newline=""))
    try:
        for at, fields in enumerate(lines):
            if not fields:
                continue
            if at == 0 and not fields[0].strip().isdigit():
                _check_header(fields, file)
                continue
            check.add(fields)
    except csv.Error as failure:
        raise Broken(f"{file.name}: not a CSV file ({failure})") from failure
    if not check.done().rows:
        raise Broken(f"{file.name}: {'; '.join(check.said) or 'has no rows'}")
    return check


def _check_header(fields: list[str], file: ArchiveFile) -> None:
    names = [one.strip().lower().replace(" ", "_") for one in fields]
    if names[: len(_HEADER)] != _HEADER:
        raise Broken(f"{file.name}: its columns are {', '.join(names)[:100]}")


def _text(path: Path, file: ArchiveFile) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [one for one in archive.infolist() if one.filename.lower().endswith(".csv")]
            if len(tables) != 1:
                raise Broken(f"{file.name}: {len(tables)} CSV files in the archive instead of one")
            if tables[0].file_size > MOST_BYTES:
                raise Broken(f"{file.name}: {tables[0].file_size} bytes are too many")
            return archive.read(tables[0]).decode("utf-8-sig")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as failure:
        # RuntimeError: encrypted, or packed by a method that is unknown here
        raise Broken(f"{file.name}: cannot be unpacked ({failure})") from failure
