"""Indicators by finta's own names, drawn over or under the candles for whoever asks."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pandas as pd

from application.errors import InputError

if TYPE_CHECKING:
    from domain.market.candle_series import FloatArray
    from entrypoints.backtest.report.bars import Bars

LISTING = 'python -c "from finta import TA; print(*[n for n in dir(TA) if n.isupper()])"'
NEAR_PRICE = 0.4
"""A line whose middle distance from the close is less than this share belongs over the candles."""


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class Drawn:
    """One study of one coin: named lines, a value per bar (NaN = none)."""

    name: str
    overlay: bool
    lines: tuple[tuple[str, FloatArray], ...]


class _Column(pd.Series):
    """A series as finta knows it: pandas has since renamed `iteritems` to `items`."""

    iteritems = pd.Series.items

    @property
    def _constructor(self) -> Any:
        return _Column


class _Table(pd.DataFrame):
    """A table of such series."""

    @property
    def _constructor(self) -> Any:
        return _Table

    @property
    def _constructor_sliced(self) -> Any:
        return _Column


def check_studies(names: Iterable[str]) -> tuple[str, ...]:
    """The studies as finta calls them, each once.

    Raises InputError that names the unknown one, what it may have meant and how to list all.
    """
    wanted = [name.strip() for name in names if name.strip()]
    if not wanted:
        return ()
    known = {name.upper(): name for name in dir(_finta()) if name.isupper()}
    for name in wanted:
        if name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=4, cutoff=0.4)
            hint = f"did you mean {', '.join(one.lower() for one in near)}? " if near else ""
            raise InputError(
                f"--study: finta has no indicator {name!r}: {hint}List all of them with: {LISTING}"
            )
    return tuple(dict.fromkeys(known[name.upper()] for name in wanted))


def draw_studies(names: Sequence[str], bars: Bars) -> tuple[Drawn, ...]:
    """Compute checked studies on the bars of one coin.

    Raises InputError for one that finta cannot compute from candles alone.
    """
    if not names:
        return ()
    # rows are numbered, not dated: some of finta's indicators ask for "row 0"
    frame = _Table(
        {
            "open": bars.open,
            "high": bars.high,
            "low": bars.low,
            "close": bars.close,
            "volume": bars.volume,
        }
    )
    return tuple(_study(name, frame) for name in names)


def _finta() -> Any:
    try:
        from finta import TA
    except ImportError as missing:
        raise InputError("--study needs finta: pip install 'crypto-trader[research]'") from missing
    return TA


def _study(name: str, frame: Any) -> Drawn:
    try:
        result = getattr(_finta(), name)(frame.copy())
    except Exception as failure:  # finta's indicators fail in their own ways on their own terms
        kind = type(failure).__name__
        raise InputError(
            f"--study {name.lower()}: finta cannot compute it here ({kind}), leave it out"
        ) from failure
    return _drawn(name, result, frame)


def _drawn(name: str, result: Any, frame: Any) -> Drawn:
    if isinstance(result, pd.Series):
        result = result.to_frame(name)
    elif not isinstance(result, pd.DataFrame):
        raise InputError(f"--study {name.lower()}: finta's answer is not a line that can be drawn")
    lines = []
    for label in result.columns:
        column = pd.to_numeric(result[label], errors="coerce").reindex(frame.index)
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        values = np.where(np.isfinite(values), values, np.nan)
        if not np.isnan(values).all():
            lines.append((str(label).strip(" ."), values))
    if not lines:
        raise InputError(f"--study {name.lower()}: too few candles in this run to draw it")
    close = frame["close"].to_numpy()
    overlay = all(_is_near(values, close) for _, values in lines)
    return Drawn(name, overlay, tuple(lines))


def _is_near(values: FloatArray, close: FloatArray) -> bool:
    return bool(np.nanmedian(np.abs(values / close - 1)) < NEAR_PRICE)
