# ruff: noqa: FURB136, PLR1730 - calls of max() are what it must not spend its time on
"""The yardstick: W1 by hand, without any engine. What the arithmetic alone costs in Python.

    python benchmarks/plain_loop.py [--fraction 1.0]

Streaming indicators and positions in plain floats, candle by candle; no events, no store, no
account. Positions that are open at the end count as trades. Written to be quick: comparisons where
max() and abs() would be called, and floats everywhere, because an int among them costs more. A slow
yardstick would flatter whoever is measured with it.
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

from benchmarks.market_file import DATA, made

SYMBOLS = ("ETH", "BTC", "XRP", "SOL", "DOGE", "AVAX")
BARS, WARM_UP, HOUR = 105_120, 250, 12
BUY, SELL = 0.25, -0.13


def score(rsi, histogram, close, short, long, upper, lower, adx):
    """The regime-weighted score of the four indicators."""
    oscillator, trend = (0.15, 0.35) if adx > 25.0 else (0.35, 0.15) if adx < 20.0 else (0.25, 0.25)
    if rsi < 30.0:
        total = oscillator
    elif rsi > 70.0:
        total = -oscillator
    else:
        total = (50.0 - rsi) / 200.0 * (oscillator / 0.25)
    total += trend * max(-1.0, min(1.0, histogram / close * 1000.0))
    total += trend if short > long else -trend
    width = upper - lower
    if width > 0.0:
        place = (close - lower) / width
        term = (0.5 - place) * 2.0 * oscillator
        if place < 0.0 or place > 1.0:
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
            returns += opens[i] / entry - 1.0
            trades += 1
        wanted = 0
        change = close - before
        up += ((max(0.0, change)) - up) / 14.0
        down += ((-change if change < 0.0 else 0.0) - down) / 14.0
        fast += 2.0 / 13.0 * (close - fast)
        slow += 2.0 / 27.0 * (close - slow)
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
        top = high if high > before else before
        bottom = low if low < before else before
        reach = top - bottom
        rise, fall = high - high_before, low_before - low
        spread += (reach - spread) / 14.0
        plus += ((rise if rise > fall and rise > 0.0 else 0.0) - plus) / 14.0
        minus += ((fall if fall > rise and fall > 0.0 else 0.0) - minus) / 14.0
        both = plus + minus
        if both > 0.0:
            apart = plus - minus if plus > minus else minus - plus
            adx += (100.0 * apart / both - adx) / 14.0
        before, high_before, low_before = close, high, low
        if held:
            if close <= stop:
                wanted = -1
            else:
                if close > peak:
                    peak = close
                if peak >= entry * 1.03 and peak * 0.98 > stop:
                    stop = peak * 0.98
        if i >= WARM_UP and (i + 1) % HOUR == 0:
            mean = sum20 / 20.0
            variance = squares20 / 20.0 - mean * mean
            deviation = variance**0.5 if variance > 0.0 else 0.0
            moved = up + down
            rsi = 100.0 * up / moved if moved > 0.0 else 50.0
            now = score(
                rsi,
                line - signal,
                close,
                mean,
                sum200 / 200.0,
                mean + 2.0 * deviation,
                mean - 2.0 * deviation,
                adx,
            )
            if held:
                if now < SELL:
                    wanted = -1
            elif now > BUY:
                wanted = 1
    if held:
        returns += closes[-1] / entry - 1.0
        trades += 1
    return trades, returns


def main() -> None:
    """Parse, run, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fraction", type=float, default=1.0)
    parser.add_argument("--data", type=Path, default=DATA)
    args = parser.parse_args()
    made(args.data)
    bars = max(int(BARS * args.fraction), WARM_UP + 24)
    trades, returns = 0, 0.0
    with np.load(args.data) as kept:
        for symbol in SYMBOLS:
            closed, gained = trade(*(one[:bars].tolist() for one in kept[symbol][:4]))
            trades += closed
            returns += gained
    cpu = time.process_time()
    result = {
        "engine": "plain loop",
        "candles": bars * len(SYMBOLS),
        "trades": trades,
        "sum_of_returns": round(returns, 4),
        "cpu_seconds": round(cpu, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "candles_per_second": round(bars * len(SYMBOLS) / cpu),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
