"""The yardstick: W1 by hand, without any engine. What the arithmetic alone costs in Python.

    python benchmarks/plain_loop.py [--fraction 1.0]

Streaming indicators and positions in plain floats, candle by candle; no events, no store, no
account. Positions that are open at the end count as trades.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

SYMBOLS = ("ETH", "BTC", "XRP", "SOL", "DOGE", "AVAX")
BARS, WARM_UP, HOUR = 105_120, 250, 12
BUY, SELL = 0.25, -0.13


def score(rsi, histogram, close, short, long, upper, lower, adx):
    """The regime-weighted score of the four indicators."""
    oscillator, trend = (0.15, 0.35) if adx > 25 else (0.35, 0.15) if adx < 20 else (0.25, 0.25)
    if rsi < 30:
        total = oscillator
    elif rsi > 70:
        total = -oscillator
    else:
        total = (50 - rsi) / 200 * (oscillator / 0.25)
    total += trend * max(-1.0, min(1.0, histogram / close * 1000))
    total += trend if short > long else -trend
    width = upper - lower
    if width > 0:
        place = (close - lower) / width
        term = (0.5 - place) * 2 * oscillator
        if place < 0 or place > 1:
            term = max(-1.2 * oscillator, min(1.2 * oscillator, term * 1.2))
        total += term
    return max(-1.0, min(1.0, total))


def trade(opens, highs, lows, closes):  # noqa: C901, PLR0912, PLR0915  one loop, by hand
    """One symbol: (trades, sum of returns)."""
    fast = slow = closes[0]
    signal = up = down = spread = plus = minus = 0.0
    adx = 20.0
    sum20 = squares20 = sum200 = 0.0
    held, wanted = False, 0
    entry = peak = stop = returns = 0.0
    trades = 0
    before, high_before, low_before = closes[0], highs[0], lows[0]
    for i, close in enumerate(closes):
        high, low = highs[i], lows[i]
        if wanted > 0:
            held, entry = True, opens[i]
            peak, stop = entry, entry * 0.95
        elif wanted < 0:
            held = False
            returns += opens[i] / entry - 1
            trades += 1
        wanted = 0
        change = close - before
        up += ((change if change > 0 else 0.0) - up) / 14
        down += ((-change if change < 0 else 0.0) - down) / 14
        fast += 2 / 13 * (close - fast)
        slow += 2 / 27 * (close - slow)
        line = fast - slow
        signal += 0.2 * (line - signal)
        sum20 += close
        squares20 += close * close
        sum200 += close
        if i >= 20:
            old = closes[i - 20]
            sum20 -= old
            squares20 -= old * old
        if i >= 200:
            sum200 -= closes[i - 200]
        reach = max(high - low, abs(high - before), abs(low - before))
        rise, fall = high - high_before, low_before - low
        spread += (reach - spread) / 14
        plus += ((rise if rise > fall and rise > 0 else 0.0) - plus) / 14
        minus += ((fall if fall > rise and fall > 0 else 0.0) - minus) / 14
        if plus + minus > 0:
            adx += (100 * abs(plus - minus) / (plus + minus) - adx) / 14
        before, high_before, low_before = close, high, low
        if held:
            if close <= stop:
                wanted = -1
            else:
                peak = max(peak, close)
                if peak >= entry * 1.03:
                    stop = max(stop, peak * 0.98)
        if i >= WARM_UP and (i + 1) % HOUR == 0:
            mean = sum20 / 20
            variance = squares20 / 20 - mean * mean
            deviation = variance**0.5 if variance > 0 else 0.0
            moved = up + down
            rsi = 100 * up / moved if moved > 0 else 50.0
            now = score(
                rsi,
                line - signal,
                close,
                mean,
                sum200 / 200,
                mean + 2 * deviation,
                mean - 2 * deviation,
                adx,
            )
            if held:
                if now < SELL:
                    wanted = -1
            elif now > BUY:
                wanted = 1
    if held:
        returns += closes[-1] / entry - 1
        trades += 1
    return trades, returns


def main() -> None:
    """Parse, run, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fraction", type=float, default=1.0)
    parser.add_argument("--data", type=Path, default=ROOT / "build" / "bench" / "w1.npz")
    args = parser.parse_args()
    if not args.data.exists():
        sys.exit(f"{args.data} is missing: python benchmarks/backtest.py makes it")
    bars = max(int(BARS * args.fraction), WARM_UP + 24)
    trades, returns = 0, 0.0
    with np.load(args.data) as kept:
        for symbol in SYMBOLS:
            made, gained = trade(*(one[:bars].tolist() for one in kept[symbol][:4]))
            trades += made
            returns += gained
    result = {
        "engine": "plain loop",
        "candles": bars * len(SYMBOLS),
        "trades": trades,
        "sum_of_returns": round(returns, 4),
        "cpu_seconds": round(time.process_time(), 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
