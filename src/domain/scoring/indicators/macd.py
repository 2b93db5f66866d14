"""Moving average convergence divergence (Gerald Appel), all averages seeded with an SMA."""

import operator
from collections import deque
from itertools import islice

import attrs

from domain.scoring.indicators.moving_average import alpha, ema
from domain.scoring.numeric import Operand, Ops, Steps


@attrs.frozen(slots=True, weakref_slot=False)
class Macd:
    """Newest values, in price units; `histograms` are the newest few, oldest first."""

    line: Operand
    signal: Operand
    histograms: tuple[Operand, ...]


def macd(
    closes: Steps,
    scaled_fast: Steps,
    scaled_slow: Steps,
    size: int,
    periods: tuple[int, int, int],
    kept: int,
    ops: Ops,
) -> Macd:
    """MACD of `size` closes; periods (fast, slow, signal); keeps the newest histograms."""
    fast, slow, smooth = periods
    quick = islice(ema(closes, scaled_fast, size, fast, ops), slow - fast, None)
    lines = map(operator.sub, quick, ema(closes, scaled_slow, size, slow, ops))
    line = next(lines)
    total = line
    for _ in range(smooth - 1):
        line = next(lines)
        total = total + line
    signal = total / smooth
    share, keep = ops.constant(alpha(smooth)), ops.constant(1.0 - alpha(smooth))
    newest = deque([(line, signal)], maxlen=kept)
    for value in lines:
        signal = signal * keep + value * share
        newest.append((value, signal))
    line, signal = newest[-1]
    return Macd(line, signal, tuple(a - b for a, b in newest))


def histogram_slope(
    histograms: tuple[Operand, ...], close: Operand, changes: int, full_scale_pct: float, ops: Ops
) -> Operand:
    """Mean of the newest changes of the histogram in % of the close, full scale at +-1.

    0 with too few histograms.
    """
    if len(histograms) < changes + 1:
        return close * 0.0
    total = histograms[-changes] - histograms[-changes - 1]
    for back in range(changes - 1, 0, -1):
        total = total + (histograms[-back] - histograms[-back - 1])
    return ops.clamp(total / changes / close * 100.0 / full_scale_pct, -1.0, 1.0)
