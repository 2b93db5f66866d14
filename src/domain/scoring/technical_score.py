"""Indicators of a window of 5-minute candles and the technical score made of them.

One code for a single window (floats, live) and for many windows at once (arrays, backtest):
what depends on a candle and the one before is computed once per candle, the smoothing loops
over the steps of the window.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from domain.events import TechnicalReading
from domain.market.candle_series import CandleSeries, FloatArray, IntArray
from domain.parameters import StrategyParameters
from domain.scoring.indicators.adx import adx, directional_movement
from domain.scoring.indicators.atr import true_range
from domain.scoring.indicators.bollinger import bollinger
from domain.scoring.indicators.macd import histogram_slope, macd
from domain.scoring.indicators.moving_average import alpha, sma, wilder
from domain.scoring.indicators.rsi import rsi
from domain.scoring.indicators.volume import volume_multiplier
from domain.scoring.numeric import ARRAY, SCALAR, Operand, Ops, Steps
from domain.scoring.technical_terms import TechnicalValues, terms_of


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class _Features:
    """What follows from a candle and the one before it, by step (scaled: see indicators)."""

    close: Steps
    volume: Steps
    fast: Steps
    slow: Steps
    up: Steps
    down: Steps
    true_range: Steps
    plus: Steps
    minus: Steps


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
    close = [float(one) for one in closes[-size:]]
    high = [float(one) for one in highs[-size:] if one is not None]
    low = [float(one) for one in lows[-size:] if one is not None]
    if len(high) < size or len(low) < size:
        high = low = close
    volume = [0.0 if one is None else float(one) for one in volumes[-size:]]
    ups, downs, ranges, plus, minus = [0.0], [0.0], [0.0], [0.0], [0.0]
    for step in range(1, size):
        made = _features_of(
            (high[step], low[step], close[step]),
            (high[step - 1], low[step - 1], close[step - 1]),
            p,
            SCALAR,
        )
        ups.append(made[0])
        downs.append(made[1])
        ranges.append(made[2])
        plus.append(made[3])
        minus.append(made[4])
    fast, slow = alpha(p.macd_fast), alpha(p.macd_slow)
    features = _Features(
        close,
        volume,
        [one * fast for one in close],
        [one * slow for one in close],
        ups,
        downs,
        ranges,
        plus,
        minus,
    )
    values = terms_of(_values(features, size, p, SCALAR), p, SCALAR)
    return _reading(values, size, int(open_times[-1]), p)


def _features_of(
    now: tuple[Operand, Operand, Operand],
    before: tuple[Operand, Operand, Operand],
    p: StrategyParameters,
    ops: Ops,
) -> tuple[Operand, Operand, Operand, Operand, Operand]:
    """Rise, fall, true range, +DM and -DM of (high, low, close), each divided by its period."""
    high, low, close = now
    high_before, low_before, close_before = before
    change = close - close_before
    plus, minus = directional_movement(high - high_before, low_before - low, ops)
    return (
        ops.maximum(change, 0.0) / p.rsi_period,
        ops.maximum(-change, 0.0) / p.rsi_period,
        true_range(high, low, close_before, ops) / p.atr_period,
        plus / p.adx_period,
        minus / p.adx_period,
    )


def _values(f: _Features, size: int, p: StrategyParameters, ops: Ops) -> TechnicalValues:
    """All indicators of windows of `size` steps."""
    close = f.close[size - 1]
    periods = (p.macd_fast, p.macd_slow, p.macd_signal)
    line = macd(f.close, f.fast, f.slow, size, periods, p.slope_changes + 1)
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
            adx(f.plus, f.minus, size, p.adx_period, ops)
            if size >= max(p.adx_min_candles, 2 * p.adx_period + 1)
            else close * 0.0 + p.adx_unknown
        ),
        atr=wilder(f.true_range, size, p.atr_period),
        volume_multiplier=volume_multiplier(
            f.volume, size, p.volume_candles, ratios, p.volume_multiplier_max, ops
        ),
    )


def _reading(
    values: dict[str, Any], size: int, newest: int, p: StrategyParameters
) -> TechnicalReading:
    columns = {name: [value] for name, value in values.items()}
    return next(_readings(columns, size, [newest], p))


def _readings(
    columns: dict[str, Any], size: int, newest: Sequence[int], p: StrategyParameters
) -> Iterator[TechnicalReading]:
    """Readings from columns of floats, one row a window."""
    trending, ranging = p.adx_trending, p.adx_ranging
    long = columns["sma_long"]
    if long is None or long[0] is None:
        long = [None] * len(newest)
    for row in zip(
        columns["score"],
        newest,
        columns["close"],
        columns["rsi"],
        columns["macd"],
        columns["macd_signal"],
        columns["macd_histogram"],
        columns["histogram_slope"],
        columns["sma_short"],
        long,
        columns["upper"],
        columns["middle"],
        columns["lower"],
        columns["width"],
        columns["adx"],
        columns["atr"],
        columns["volume_multiplier"],
        columns["term_rsi"],
        columns["term_macd"],
        columns["term_sma"],
        columns["term_bollinger"],
        strict=True,
    ):
        strength = row[14]
        regime = (
            "trending" if strength > trending else "ranging" if strength < ranging else "neutral"
        )
        yield TechnicalReading(row[0], size, *row[1:16], regime, *row[16:])


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
    series: CandleSeries, ends: IntArray, p: StrategyParameters, chunk: int = 4096
) -> list[TechnicalReading | None]:
    """Readings of the windows whose newest candle is at each index of `ends` (rising).

    Bit for bit what technical_reading gives for each window; shape (len(ends),).
    """
    size = p.technical_candles
    whole = int(np.searchsorted(ends, size - 1))
    readings: list[TechnicalReading | None] = [_single(series, int(end), p) for end in ends[:whole]]
    for first in range(whole, len(ends), chunk):
        readings += _chunk(series, ends[first : first + chunk], p)
    return readings


def _single(series: CandleSeries, end: int, p: StrategyParameters) -> TechnicalReading | None:
    part = slice(max(0, end + 1 - p.technical_candles), end + 1)
    return technical_reading(
        series.open_time[part].tolist(),
        series.high[part].tolist(),
        series.low[part].tolist(),
        series.close[part].tolist(),
        series.volume[part].tolist(),
        p,
    )


def _chunk(series: CandleSeries, ends: IntArray, p: StrategyParameters) -> list[TechnicalReading]:
    size = p.technical_candles
    span = slice(int(ends[0]) + 1 - size, int(ends[-1]) + 1)
    starts = ends - (size - 1) - span.start
    high, low, close = series.high[span], series.low[span], series.close[span]
    made = _features_of(
        (high[1:], low[1:], close[1:]), (high[:-1], low[:-1], close[:-1]), p, ARRAY
    )
    nothing = np.zeros(1)
    features = _Features(
        *(
            _Windows(column, starts)
            for column in (
                close,
                series.volume[span],
                close * alpha(p.macd_fast),
                close * alpha(p.macd_slow),
                *(np.concatenate((nothing, one)) for one in made),
            )
        )
    )
    values = terms_of(_values(features, size, p, ARRAY), p, ARRAY)
    columns = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }
    return list(_readings(columns, size, series.open_time[ends].tolist(), p))
