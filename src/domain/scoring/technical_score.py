"""Indicators of a window of 5-minute candles and the technical score made of them.

One code for a single window (floats, live) and for many windows at once (arrays, backtest).
What depends on a candle and the one before is computed once per candle, for the whole series;
the smoothing then loops over the steps of the window, whose operands are floats or arrays.
"""

from collections.abc import Sequence
from itertools import starmap
from typing import Any, Final

import attrs
import numpy as np

from domain.events import TechnicalReading
from domain.market.candle_series import CandleSeries, FloatArray, IntArray
from domain.parameters import StrategyParameters
from domain.quick import maker
from domain.scoring.indicators.adx import adx, directional_movement
from domain.scoring.indicators.atr import true_range
from domain.scoring.indicators.bollinger import bollinger
from domain.scoring.indicators.macd import histogram_slope, macd
from domain.scoring.indicators.moving_average import alpha, sma, wilder
from domain.scoring.indicators.rsi import rsi
from domain.scoring.indicators.volume import volume_multiplier
from domain.scoring.numeric import ARRAY, SCALAR, Ops, Steps
from domain.scoring.technical_terms import TechnicalValues, regime_of, terms_of

_FIELDS: Final = tuple(attrs.fields_dict(TechnicalReading))
_NOTHING: Final = np.zeros(1)
_reading = maker(TechnicalReading)


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class _Features:
    """What follows from a candle and the one before it, by step.

    `fast` and `slow` are closes x alpha; `up`, `down` and `true_range` are divided by their
    period. What needs the candle before starts with a 0 for the first one.
    """

    close: Steps
    volume: Steps
    fast: Steps
    slow: Steps
    up: Steps
    down: Steps
    true_range: Steps
    net: Steps
    moved: Steps


def technical_reading(
    open_times: Sequence[int],
    highs: Sequence[float | None],
    lows: Sequence[float | None],
    closes: Sequence[float],
    volumes: Sequence[float | None],
    p: StrategyParameters,
) -> TechnicalReading | None:
    """The reading of the newest `technical_candles` candles (oldest first; USDT, coins).

    Closes stand for all highs and lows when any of them is missing; a missing volume counts
    as 0. None under `technical_min_candles` candles.
    """
    size = min(len(closes), p.technical_candles)
    if size < p.technical_min_candles:
        return None
    # as float64, None is nan
    close, high, low, volume = (
        np.array(one[-size:], dtype=np.float64) for one in (closes, highs, lows, volumes)
    )
    if np.isnan(high).any() or np.isnan(low).any():
        high = low = close
    volume = np.where(np.isnan(volume), 0.0, volume)
    features = _Features(*(one.tolist() for one in _features(high, low, close, volume, p)))
    values = terms_of(_values(features, size, p, SCALAR), p, SCALAR)
    return TechnicalReading(
        candles=size,
        newest_open_time=int(open_times[-1]),
        regime=regime_of(values["adx"], p),
        **values,
    )


def _features(
    high: FloatArray, low: FloatArray, close: FloatArray, volume: FloatArray, p: StrategyParameters
) -> tuple[FloatArray, ...]:
    """The columns of _Features; element by element, so the same bits for any stretch."""
    change = close[1:] - close[:-1]
    net, moved = directional_movement(high[1:] - high[:-1], low[:-1] - low[1:])
    since_before = (
        np.where(change > 0.0, change, 0.0) / p.rsi_period,
        np.where(change < 0.0, -change, 0.0) / p.rsi_period,
        true_range(high[1:], low[1:], close[:-1]) / p.atr_period,
        net,
        moved,
    )
    return (
        close,
        volume,
        close * alpha(p.macd_fast),
        close * alpha(p.macd_slow),
        *(np.concatenate((_NOTHING, one)) for one in since_before),
    )


def _values(f: _Features, size: int, p: StrategyParameters, ops: Ops) -> TechnicalValues:
    """All indicators of windows of `size` steps."""
    close = f.close[size - 1]
    periods = (p.macd_fast, p.macd_slow, p.macd_signal)
    line = macd(f.close, f.fast, f.slow, size, periods, p.slope_changes + 1, ops)
    bands = bollinger(f.close, size, p.bollinger_period, p.bollinger_deviations, ops)
    ratios = (p.volume_ratio_start, p.volume_ratio_full)
    return TechnicalValues(
        close=close,
        rsi=rsi(f.up, f.down, size, p.rsi_period, ops),
        macd=line.line,
        macd_signal=line.signal,
        macd_histogram=line.histograms[-1],
        histogram_slope=histogram_slope(
            line.histograms, close, p.slope_changes, p.slope_full_scale_pct, ops
        ),
        sma_short=sma(f.close, size, p.sma_short),
        sma_long=sma(f.close, size, p.sma_long) if size >= p.sma_long else None,
        bands=bands,
        adx=(
            adx(f.net, f.moved, size, p.adx_period, ops)
            if size >= max(p.adx_min_candles, 2 * p.adx_period + 1)
            else close * 0.0 + p.adx_unknown
        ),
        atr=wilder(f.true_range, size, p.atr_period, ops),
        volume_multiplier=volume_multiplier(
            f.volume, size, p.volume_candles, ratios, p.volume_multiplier_max, ops
        ),
    )


class _Windows:
    """A series seen as windows: step k of the windows that start at `starts`."""

    __slots__ = ("_by", "_count", "_first", "_series", "_starts")

    def __init__(self, series: FloatArray, starts: IntArray) -> None:
        by = int(starts[1] - starts[0]) if len(starts) > 1 else 1
        even = bool((np.diff(starts) == by).all())
        self._series = series
        self._starts = None if even else starts
        self._first, self._by, self._count = int(starts[0]), by, len(starts)

    def __getitem__(self, step: int) -> FloatArray:
        if self._starts is not None:
            found: FloatArray = self._series[self._starts + step]
            return found
        first = self._first + step
        return self._series[first : first + (self._count - 1) * self._by + 1 : self._by]


def technical_readings(
    series: CandleSeries, ends: IntArray, p: StrategyParameters, chunk: int = 1024
) -> list[TechnicalReading | None]:
    """Readings of the windows whose newest candle is at each index of `ends` (rising).

    Bit for bit what technical_reading gives for each window; shape (len(ends),). `chunk`
    windows are worked on at a time.
    """
    whole = int(np.searchsorted(ends, p.technical_candles - 1))
    readings = [_short(series, end, p) for end in ends[:whole].tolist()]
    for first in range(whole, len(ends), chunk):
        readings += _chunk(series, ends[first : first + chunk], p)
    return readings


def _short(series: CandleSeries, end: int, p: StrategyParameters) -> TechnicalReading | None:
    """The reading of a window that the start of the series cuts short."""
    return technical_reading(
        series.open_time[: end + 1].tolist(),
        series.high[: end + 1].tolist(),
        series.low[: end + 1].tolist(),
        series.close[: end + 1].tolist(),
        series.volume[: end + 1].tolist(),
        p,
    )


def _chunk(series: CandleSeries, ends: IntArray, p: StrategyParameters) -> list[TechnicalReading]:
    size, count = p.technical_candles, len(ends)
    span = slice(int(ends[0]) + 1 - size, int(ends[-1]) + 1)
    starts = ends - (size - 1) - span.start
    columns = _features(
        series.high[span], series.low[span], series.close[span], series.volume[span], p
    )
    features = _Features(*(_Windows(one, starts) for one in columns))
    values = terms_of(_values(features, size, p, ARRAY), p, ARRAY)
    rows: dict[str, list[Any]] = {
        name: [None] * count if value is None else value.tolist() for name, value in values.items()
    }
    rows["candles"] = [size] * count
    rows["newest_open_time"] = series.open_time[ends].tolist()
    rows["regime"] = [regime_of(one, p) for one in rows["adx"]]
    return list(starmap(_reading, zip(*(rows[name] for name in _FIELDS), strict=True)))
