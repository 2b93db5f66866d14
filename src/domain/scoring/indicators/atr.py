"""Average true range (Wilder 1978): `wilder` of the true ranges."""

import numpy as np

from domain.market.candle_series import FloatArray


def true_range(high: FloatArray, low: FloatArray, previous_close: FloatArray) -> FloatArray:
    """Largest of high-low, high-previous close, previous close-low, in price units."""
    return np.maximum(np.maximum(high - low, high - previous_close), previous_close - low)
