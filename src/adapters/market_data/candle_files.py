"""Candle files of any common shape as one series per coin.

Loads pandas and pyarrow: import it where a run needs files, not on a Lambda path.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from adapters.market_data.candle_names import CandleFile, candle_files
from adapters.market_data.candle_table import OtherInterval, joined, read_candles
from application.errors import InputError
from domain.instant import CANDLE, MINUTE, iso
from domain.instruments import Instruments
from domain.market.candle_series import CandleSeries


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class LoadedCandles:
    """Series by analysis pair in configuration order, and one sentence per repair made."""

    series: dict[str, CandleSeries]
    repairs: tuple[str, ...]


def load_candles(
    paths: Sequence[Path],
    instruments: Instruments,
    start: int | None = None,
    end: int | None = None,
    history: int = 0,
) -> LoadedCandles:
    """Candles of the given files and folders, opened in [start, end) (ms), gaps left as gaps.

    So many as `history` candles before `start` are kept as well, where the files have them.
    A coin without a candle in the period is left out, and `repairs` says so. Raises InputError
    with one sentence: which file, which column and row or time, and what to do.
    """
    if not paths:
        raise InputError("no candle file was named: name a file or a folder")
    if start is not None and end is not None and start >= end:
        raise InputError(f"--from {iso(start)} is not before --to {iso(end)}: swap or widen them")
    files, said = candle_files(paths, instruments)
    parts: dict[str, list[tuple[CandleFile, CandleSeries]]] = {}
    for file in files:
        try:
            series, repairs = read_candles(file)
        except OtherInterval as other:
            if file.explicit:
                raise
            said.append(f"left out {other}")
            continue
        parts.setdefault(file.instrument.pair, []).append((file, series))
        said += repairs
    if not parts:
        where = ", ".join(map(str, paths))
        raise InputError(
            f"{where}: holds no 5-minute candles of {', '.join(instruments.pairs)}: "
            f"name another folder"
        )
    whole: dict[str, CandleSeries] = {}
    for pair in (one for one in instruments.pairs if one in parts):
        whole[pair], shared = joined(parts[pair])
        if shared:
            said.append(f"{pair}: {shared:,} candles stood in two files alike and count once")
    kept = {pair: _period(one, start, end, history) for pair, one in whole.items()}
    if not any(map(len, kept.values())):
        raise InputError(f"no candle in the period asked for: the files hold {_range(whole)}")
    said += _absences(instruments, whole, kept)
    return LoadedCandles({pair: one for pair, one in kept.items() if len(one)}, tuple(said))


def _period(series: CandleSeries, start: int | None, end: int | None, history: int) -> CandleSeries:
    """The candles of a period and those before it; empty when the period itself is."""
    times = series.open_time
    first = 0 if start is None else int(np.searchsorted(times, start))
    last = len(times) if end is None else int(np.searchsorted(times, end))
    if first >= last:
        return series.between(0, 0)
    first = max(0, first - history)
    return series.between(int(times[first]), int(times[last - 1]) + 1)


def _range(whole: Mapping[str, CandleSeries]) -> str:
    first = min(int(one.open_time[0]) for one in whole.values())
    last = max(int(one.open_time[-1]) for one in whole.values())
    return f"{iso(first)} to {iso(last)}"


def _absences(
    instruments: Instruments, whole: Mapping[str, CandleSeries], kept: Mapping[str, CandleSeries]
) -> list[str]:
    """A sentence for each coin without candles and for each one with gaps."""
    said = []
    for pair in instruments.pairs:
        if pair not in whole:
            said.append(f"{pair}: no candles were given; the coin is left out")
        elif not len(kept[pair]):
            said.append(
                f"{pair}: its candles ({_range({pair: whole[pair]})}) lie outside the period; "
                f"the coin is left out"
            )
        else:
            said += _gaps(kept[pair])
    return said


def _gaps(series: CandleSeries) -> list[str]:
    steps = np.diff(series.open_time)
    gaps = np.flatnonzero(steps > CANDLE)
    if not len(gaps):
        return []
    missing = int((steps[gaps] // CANDLE - 1).sum())
    longest = int(gaps[np.argmax(steps[gaps])])
    minutes = (int(steps[longest]) - CANDLE) // MINUTE
    since = iso(int(series.open_time[longest]) + CANDLE)
    count = "1 gap" if len(gaps) == 1 else f"{len(gaps):,} gaps"
    lost = "1 candle" if missing == 1 else f"{missing:,} candles"
    longest_said = f"the longest lasts {minutes:,} minutes from {since}"
    return [f"{series.pair}: {count} left open, {lost} missing; {longest_said}"]
