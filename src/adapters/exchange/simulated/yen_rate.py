"""Yen for one dollar, and Coincheck's premium over it, at any moment of a simulated world.

A file is read with pandas, which is imported only when there is one: a simulation has none.
"""

from bisect import bisect_right
from pathlib import Path
from random import Random
from typing import Final, Protocol, Self

import attrs

from adapters.table_files.timeline import Timeline
from application.errors import InputError
from domain.instant import DAY, HOUR, iso

LONGEST_HOLE: Final = 10 * DAY
"""How long a rate is carried over a weekend or a hole in its file (ms); then it is unknown."""

PREMIUM_LIMIT: Final = 0.015
"""A drifting premium stays within this fraction on either side."""

_WALK_BEGINS: Final = 1_483_228_800_000  # 2017-01-01T00:00Z: older candles see a premium of 0
USDJPY_RANGE: Final = (1.0, 1000.0)


class YenRate:
    """USDJPY as known at a moment: the newest point at or before it."""

    __slots__ = ("_readings", "_since", "_times", "_until", "_value")

    def __init__(self, known: Timeline) -> None:
        """`known` has at least one point; after a point, holes over 10 days are unknown."""
        # a None in the readings ends what the point before it says
        times: list[float] = []
        readings: list[float | None] = []
        following = [*known.times[1:], float("inf")]
        for time, value, after in zip(known.times, known.readings, following, strict=True):
            times.append(time)
            readings.append(value)
            if after > time + LONGEST_HOLE:
                times.append(time + LONGEST_HOLE + 1)
                readings.append(None)
        self._times = [*times, float("inf")]
        self._readings = readings
        self._since = self._until = 0.0  # the stretch looked at last, and its rate
        self._value = 0.0

    @classmethod
    def constant(cls, value: float) -> Self:
        """One rate for ever. Raises InputError unless it is yen for a dollar."""
        low, high = USDJPY_RANGE
        if not low <= value <= high:
            raise InputError(
                f"USDJPY = {value:g} is not {low:g} to {high:g}: give yen for a dollar"
            )
        rate = cls(Timeline([0], [value]))
        rate._since, rate._until, rate._value = float("-inf"), float("inf"), value
        return rate

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Rates of a CSV: open_time, open, close (bars), or date and a value per day.

        A bar's open is known at its opening time, its close one bar later; a day's value
        when the day is over (yahoo_close, of its beginning, at once). Raises InputError.
        """
        from adapters.exchange.simulated.yen_files import read_rates  # noqa: PLC0415 - see above

        return cls(read_rates(path, USDJPY_RANGE))

    def at(self, moment: int) -> float:
        """The rate known at a moment (ms). Raises InputError when none is."""
        if not self._since <= moment < self._until:
            times = self._times
            at = bisect_right(times, moment) - 1
            value = self._readings[at] if at >= 0 else None
            if value is None:
                raise InputError(self._unknown(moment, at))
            self._since, self._until, self._value = times[at], times[at + 1], value
        return self._value

    def _unknown(self, moment: int, at: int) -> str:
        first, last = int(self._times[0]), int(self._times[-2]) - LONGEST_HOLE - 1
        if at < 0:
            said = f"is not known before {iso(first)}"
        elif at == len(self._readings) - 1:
            said = f"ends at {iso(last)}"
        else:
            said = f"has a hole of more than {LONGEST_HOLE // DAY} days around {iso(moment)}"
        return (
            f"USDJPY {said}, and {iso(moment)} needs it: give a file that covers the candles "
            f"and their warm-up, or choose --from and --to within it"
        )


class Premium(Protocol):
    """What Coincheck asks over Binance x USDJPY."""

    def at(self, moment: int) -> float:
        """The premium at a moment (ms), as a fraction: 0.01 is 1 %."""
        ...


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class RecordedPremium:
    """A premium of known points, of which one is a constant; before the first it is that one's."""

    known: Timeline

    def at(self, moment: int) -> float:
        """The newest premium at or before a moment (ms)."""
        found = self.known.newest(moment)
        return self.known.readings[0] if found is None else found[1]


class DriftingPremium:
    """A slow walk within +-1.5 % that is drawn back to 0, one step an hour, given by its seed."""

    __slots__ = ("_chance", "_steps")

    def __init__(self, seed: int) -> None:
        self._chance = Random(f"premium/{seed}")  # noqa: S311 - a market, no secret
        self._steps = [0.0]

    def at(self, moment: int) -> float:
        """The premium at a moment (ms); it depends on nothing but seed and hour."""
        hour = max(0, (moment - _WALK_BEGINS) // HOUR)
        steps = self._steps
        while len(steps) <= hour:
            # uniform steps and plain arithmetic: the same bits on every machine
            walked = steps[-1] * 0.998 + (self._chance.random() - 0.5) * 0.0014
            steps.append(min(PREMIUM_LIMIT, max(-PREMIUM_LIMIT, walked)))
        return steps[hour]


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class YenPrice:
    """What a dollar of coins costs in yen on Coincheck."""

    rate: YenRate
    premium: Premium

    def factor(self, moment: int) -> float:
        """USDJPY x (1 + premium) at a moment (ms). Raises InputError where USDJPY is unknown."""
        return self.rate.at(moment) * (1.0 + self.premium.at(moment))


def drifting_premium(seed: int) -> DriftingPremium:
    """A premium that wanders slowly within +-1.5 %, the same for the same seed."""
    return DriftingPremium(seed)


def load_usdjpy(text: str) -> YenRate:
    """`--usdjpy`: yen for a dollar, or a file of rates. Raises InputError for anything else."""
    number = _number(text)
    return (
        YenRate.from_file(_file(text, "--usdjpy")) if number is None else YenRate.constant(number)
    )


def load_premium(text: str) -> Premium:
    """`--premium`: a fraction such as 0.005, a file, or `drift` with a seed such as `drift:7`.

    A file is a CSV with open_time (ms) or date, and premium as a fraction. Raises InputError.
    """
    number = _number(text)
    if number is not None:
        if not abs(number) <= 0.5:
            raise InputError(
                f"--premium {text} is not within -0.5 to 0.5: it is a fraction, 0.01 is 1 %"
            )
        return RecordedPremium(Timeline([0], [number]))
    word, colon, seed = text.strip().partition(":")
    if word == "drift":
        if colon and not seed.isdecimal():
            raise InputError(f"--premium {text}: {seed!r} is not a whole number: write drift:7")
        return drifting_premium(int(seed or 0))
    from adapters.exchange.simulated.yen_files import read_premiums  # noqa: PLC0415 - see above

    return RecordedPremium(read_premiums(_file(text, "--premium")))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _file(text: str, option: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise InputError(f"{option} {text}: neither a number nor a file: check the path")
    return path
