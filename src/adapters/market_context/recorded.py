"""Mood readings out of files, each known from the moment it could have been read.

Fear & Greed of a day is published as the day begins (00:00 UTC), a funding rate at its funding
time; Bitcoin's dominance of a day is known when the day is over. A file is read with pandas,
which is imported only when there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from adapters.table_files.timeline import Timeline, timeline
from application.errors import InputError
from domain.errors import InstrumentError
from domain.events import MarketContextCollected
from domain.instant import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from domain.instruments import Instruments

DAILY_MAX_AGE: Final = 48 * HOUR
FUNDING_MAX_AGE: Final = 9 * HOUR  # rates come every 8 h; a late one is not a missing one


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class RecordedMarketContext:
    """Replays recorded mood; a part that was not given or is too old is None.

    Fear & Greed and dominance count for 48 h after they became known, a coin's funding rate
    for 9 h.
    """

    fear_greed: Timeline | None = None
    funding: tuple[Timeline, ...] | None = None
    dominance: Timeline | None = None

    @property
    def failures(self) -> Mapping[str, str]:
        """A file does not fail; what it lacks is just not there."""
        return {}

    async def reading(self, now: int) -> MarketContextCollected:
        """What was known at `now` (ms)."""
        mood = None if self.fear_greed is None else self.fear_greed.fresh(now, DAILY_MAX_AGE)
        rates = [
            rate
            for one in self.funding or ()
            if (rate := one.fresh(now, FUNDING_MAX_AGE)) is not None
        ]
        return MarketContextCollected(
            fear_greed=None if mood is None else int(mood),
            funding_rate=sum(rates) / len(rates) if rates else None,
            funding_pairs=len(rates),
            btc_dominance=(
                None if self.dominance is None else self.dominance.fresh(now, DAILY_MAX_AGE)
            ),
        )


def load_fear_greed(path: Path) -> Timeline:
    """Fear & Greed, 0 to 100, from a CSV with `date` and `value`. Raises InputError.

    A date is 00:00 UTC; one with a time of day is known from that time on.
    """
    table = _table(path, "date", "value")
    return _daily(table, "value", path, when_over=False, whole=True)


def load_dominance(path: Path) -> Timeline:
    """Bitcoin's share of the market in %, from a CSV with `date` and a column of dominance.

    That is the first whose name begins with btc_dominance, or else `value`; days without a
    value are missing. Raises InputError.
    """
    table = _table(path, "date")
    columns = [str(one) for one in table.columns]
    named = [one for one in columns if one.startswith("btc_dominance")]
    column = next((one for one in (*named, "value") if one in columns), None)
    if column is None:
        raise InputError(
            f"{path}: column btc_dominance is missing; the file has "
            f"{', '.join(columns)}: rename or export again"
        )
    present = table[table[column].notna()]
    if present.empty:
        raise InputError(f"{path}: column {column} has no value at all: export again")
    return _daily(present, column, path, when_over=True, whole=False)


def load_funding(path: Path, instruments: Instruments) -> tuple[Timeline, ...]:
    """Funding rates per 8 h as fractions, one timeline per coin of `instruments` that has any.

    From a CSV with `funding_time` (ms), `symbol` and `rate`; other coins' rows are passed over.
    Raises InputError, also when none of the coins is in the file.
    """
    from adapters.table_files.columns import (  # noqa: PLC0415 - pandas only where there is a file
        moments,
        numbers,
        refuse_rows,
    )

    table = _table(path, "funding_time", "symbol", "rate")
    times, rates = moments(table, "funding_time", path), numbers(table, "rate", path, -0.1, 0.1)
    refuse_rows(table["symbol"].isna().to_numpy(), table["symbol"], path, "not a symbol")
    symbols = table["symbol"].astype(str)
    pair_of = {symbol: _pair_of(symbol, instruments) for symbol in symbols.unique()}
    pairs = symbols.map(pair_of)
    found = []
    for pair in instruments.pairs:
        rows = (pairs == pair).to_numpy()
        if rows.any():
            found.append(timeline(times[rows].tolist(), rates[rows].tolist(), path))
    if not found:
        known = ", ".join(one.binance for one in instruments)
        raise InputError(f"{path}: holds no funding rate of {known}: name another file")
    return tuple(found)


def _pair_of(symbol: str, instruments: Instruments) -> str | None:
    try:
        return instruments.of(symbol).pair
    except InstrumentError:
        return None


def _table(path: Path, *columns: str) -> pd.DataFrame:
    from adapters.table_files.columns import require  # noqa: PLC0415 - as above
    from adapters.table_files.read import read_table  # noqa: PLC0415 - as above

    table = read_table(path)
    require(table, columns, path)
    return table


def _daily(
    table: pd.DataFrame, column: str, path: Path, *, when_over: bool, whole: bool
) -> Timeline:
    from adapters.table_files.columns import (  # noqa: PLC0415 - as above
        moments,
        numbers,
        refuse_rows,
    )

    days, values = moments(table, "date", path), numbers(table, column, path, 0, 100)
    if whole:
        refuse_rows(values % 1 != 0, table[column], path, "not a whole number")
    known = days - days % DAY + DAY if when_over else days
    return timeline(known.tolist(), values.tolist(), path)
