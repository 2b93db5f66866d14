"""Yen for one USDT in a simulated world: USDJPY x (1 + premium), as known at the moment."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from pathlib import Path
from typing import Protocol

from application.errors import InputError
from domain.instant import HOUR, iso, parse

DAILY_COLUMNS = ("yahoo_close", "fred_dexjpus", "close", "value", "usdjpy")
MOST_PREMIUM = 0.5
DRIFT_LIMIT = 0.015
DRIFT_STEP = 0.0004
DRIFT_PULL = 0.002


class Known(Protocol):
    """A number that is known at any moment (ms)."""

    def at(self, moment: int) -> float:
        """Its value then."""
        ...


class YenRate:
    """A step function of time: the newest known point holds until the next one."""

    def __init__(self, times: list[int], values: list[float], name: str) -> None:
        self._times = times
        self._values = values
        self._name = name
        self._cursor = 0

    @classmethod
    def constant(cls, value: float) -> YenRate:
        """The same at all times."""
        return cls([-(2**62)], [value], "constant")

    def at(self, moment: int) -> float:
        """Value at a moment (ms). Raises InputError before the first point."""
        times, cursor = self._times, self._cursor
        if times[cursor] <= moment and (cursor + 1 == len(times) or moment < times[cursor + 1]):
            return self._values[cursor]
        cursor = bisect_right(times, moment) - 1
        if cursor < 0:
            raise InputError(
                f"{self._name}: begins {iso(times[0])}, but {iso(moment)} is needed: "
                f"choose a later --from or a longer file"
            )
        self._cursor = cursor
        return self._values[cursor]


class DriftingPremium:
    """A slow walk around 0 between +-1.5 %, one step an hour, from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._first: int | None = None
        self._walk = [0.0]

    def at(self, moment: int) -> float:
        """Premium at a moment (ms); the walk begins at 0 at the first moment asked for."""
        hour = moment // HOUR
        if self._first is None:
            self._first = hour
        step = max(0, hour - self._first)
        while len(self._walk) <= step:
            before = self._walk[-1]
            moved = before * (1 - DRIFT_PULL) + DRIFT_STEP * (2 * self._chance.random() - 1)
            self._walk.append(max(-DRIFT_LIMIT, min(DRIFT_LIMIT, moved)))
        return self._walk[step]


class YenPrice:
    """Yen for one USDT: rate x (1 + premium)."""

    def __init__(self, rate: Known, premium: Known) -> None:
        self._rate = rate
        self._premium = premium

    def factor(self, moment: int) -> float:
        """JPY per USDT at a moment (ms)."""
        return self._rate.at(moment) * (1.0 + self._premium.at(moment))


def drifting_premium(seed: int) -> DriftingPremium:
    """A premium that wanders."""
    return DriftingPremium(seed)


def load_usdjpy(text: str) -> YenRate:
    """`--usdjpy`: a number, or a CSV of hourly bars (open_time ms) or days (date).

    A bar's open is known at its opening, its close when the bar ends; a day's value from that
    date 00:00 UTC on. Weekends keep Friday's. Raises InputError.
    """
    number = _number(text)
    if number is not None:
        if not 1.0 <= number <= 10_000.0:
            raise InputError(f"--usdjpy {text}: must be yen for one dollar, 1 to 10000")
        return YenRate.constant(number)
    return _load_series("--usdjpy", Path(text), DAILY_COLUMNS, low=1.0, high=10_000.0)


def load_premium(text: str) -> Known:
    """`--premium`: a fraction, `drift` or `drift:SEED`, or a CSV (open_time|date, premium)."""
    number = _number(text)
    if number is not None:
        if abs(number) > MOST_PREMIUM:
            raise InputError(f"--premium {text}: is a fraction, at most {MOST_PREMIUM} either way")
        return YenRate.constant(number)
    if text == "drift" or text.startswith("drift:"):
        seed = text.partition(":")[2] or "0"
        if not seed.isdecimal():
            raise InputError(f"--premium {text}: the seed after drift: must be a whole number")
        return drifting_premium(int(seed))
    return _load_series("--premium", Path(text), ("premium",), low=-MOST_PREMIUM, high=MOST_PREMIUM)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _load_series(
    option: str, path: Path, columns: tuple[str, ...], *, low: float, high: float
) -> YenRate:
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise InputError(f"{option} {path}: is neither a number nor a file") from None
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{option} {path}: not a readable CSV file") from error
    if "open_time" in table.columns and "close" in table.columns:
        points = _hourly(table, option, path)
    else:
        points = _daily(table, columns, option, path)
    if not points:
        raise InputError(f"{option} {path}: holds no values")
    for moment, value in points.items():
        if not low <= value <= high:
            raise InputError(f"{option} {path}: {value:g} at {iso(moment)} is not in {low:g}..{high:g}")
    times = sorted(points)
    return YenRate(times, [points[time] for time in times], f"{option} {path}")


def _hourly(table: object, option: str, path: Path) -> dict[int, float]:
    """Opens at their hour, closes an hour later; an open wins over the close before it."""
    points: dict[int, float] = {}
    try:
        times = [int(one) for one in table["open_time"]]  # type: ignore[index]
        closes = [float(one) for one in table["close"]]  # type: ignore[index]
        opens = [float(one) for one in table["open"]] if "open" in table else closes  # type: ignore[index,operator]
    except (TypeError, ValueError) as error:
        raise InputError(f"{option} {path}: open_time, open or close is not a number") from error
    if times and not 10**12 <= times[0] < 10**13:
        raise InputError(f"{option} {path}: open_time {times[0]} is not in milliseconds")
    for time, value in zip(times, closes, strict=True):
        if math.isfinite(value):
            points[time + HOUR] = value
    for time, value in zip(times, opens, strict=True):
        if math.isfinite(value):
            points[time] = value
    return points


def _daily(table: object, columns: tuple[str, ...], option: str, path: Path) -> dict[int, float]:
    names = list(table.columns)  # type: ignore[attr-defined]
    time = next((name for name in ("date", "open_time") if name in names), None)
    used = [name for name in columns if name in names]
    if time is None or not used:
        wanted = " or ".join(columns)
        raise InputError(f"{option} {path}: needs columns date and {wanted}; it has {names}")
    points: dict[int, float] = {}
    for row, moment in enumerate(table[time], start=1):  # type: ignore[index]
        try:
            at = int(moment) if time == "open_time" else parse(str(moment))
        except ValueError:
            raise InputError(f"{option} {path}: row {row}: {moment!r} is not a date") from None
        for name in reversed(used):
            value = float(table[name].iloc[row - 1])  # type: ignore[index]
            if math.isfinite(value):
                points[at] = value
    return points
