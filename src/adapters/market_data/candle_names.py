"""What the name of a candle file says: which coin, which interval."""

import re
from collections.abc import Sequence
from pathlib import Path

import attrs

from adapters.table_files.read import SUFFIXES, is_table
from application.errors import InputError
from domain.instruments import Instrument, Instruments

_INTERVAL = re.compile(r"[-_.](\d+(?:s|m|h|d|w|mo))(?=[-_.]|$)", re.IGNORECASE)


@attrs.frozen(slots=True, weakref_slot=False)
class CandleFile:
    """A file of one coin; `explicit` when it was named itself and not found in a folder."""

    path: Path
    instrument: Instrument
    explicit: bool


def candle_files(
    paths: Sequence[Path], instruments: Instruments
) -> tuple[list[CandleFile], list[str]]:
    """The candle files of the given files and folders, in name order, each once.

    Also one sentence for each folder that holds files of other coins. Raises InputError for a
    path that does not exist, a folder without candle files, a file of an unknown coin.
    """
    found: dict[Path, CandleFile] = {}
    skipped: list[str] = []
    for path in paths:
        if path.is_dir():
            others = []
            for file in _tables_in(path):
                instrument = coin_of(file, instruments)
                if instrument is None:
                    others.append(file.name)
                else:
                    found.setdefault(file.resolve(), CandleFile(file, instrument, False))
            if others:
                skipped.append(f"{path}: left out {_listed(others)}, of coins not asked for")
            continue
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder: check the path")
        instrument = coin_of(path, instruments)
        if instrument is None:
            known = ", ".join(one.binance for one in instruments)
            raise InputError(
                f"{path}: the name begins with no known coin: begin it with one of {known}"
            )
        found[path.resolve()] = CandleFile(path, instrument, True)
    return sorted(found.values(), key=lambda one: (one.path.name, str(one.path))), skipped


def coin_of(path: Path, instruments: Instruments) -> Instrument | None:
    """The coin whose Binance symbol or pair a file's name begins with, or None."""
    name = path.name.lower()
    for one in instruments:
        for code in (one.binance.lower(), one.pair, one.pair.replace("_", "-")):
            if name.startswith(code) and not name[len(code) : len(code) + 1].isalnum():
                return one
    return None


def interval_in(path: Path) -> str | None:
    """The interval in a file's name, such as 5m or 1h, or None."""
    found = _INTERVAL.search(path.name)
    return found[1].lower() if found else None


def _tables_in(folder: Path) -> list[Path]:
    tables = sorted(one for one in folder.iterdir() if one.is_file() and is_table(one))
    if not tables:
        raise InputError(
            f"{folder}: holds no candle files ({', '.join(SUFFIXES)}): name another folder"
        )
    return tables


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
