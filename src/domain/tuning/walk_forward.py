"""Whether a change would have been better on days that nobody had seen when it was chosen.

Every candidate is traded beside what is in force, on the same days; only daily differences count.
Fold after fold the best candidate on all days before it is taken, and what it did in the fold is
written down. Those days together are held against luck, which had as many tries as were ever made.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Final

import attrs

from domain.tuning.deflated_sharpe import deflated_sharpe

FOLDS: Final = 4
LEARNED: Final = 1 / 3
"""The share of the days that come before the first fold."""
LEAST_DAYS: Final = 28
SURE: Final = 0.95
"""The deflated probability that a change has to reach."""


@attrs.frozen(slots=True, weakref_slot=False)
class Paired:
    """Daily differences of one candidate against what is in force, in JPY."""

    differences: tuple[float, ...]

    @classmethod
    def of(cls, changed: Sequence[float], base: Sequence[float]) -> "Paired":
        """With the change minus without it, day by day."""
        return cls(tuple(b - a for a, b in zip(base, changed, strict=True)))

    def ratio(self, first: int = 0, end: int | None = None) -> float:
        """Sharpe ratio per day of a stretch of days; 0 where nothing differs."""
        return sharpe(self.differences[first:end])


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Verdict:
    """What the folds say. `chosen` is the candidate (its index) that the last fold took.

    `probability` is that of the chosen ones being better, after `tries` tries; `days` were out of
    sample and gained `gain` JPY at a daily `ratio`. `refusal` is None where a change may be made.
    """

    chosen: int | None
    days: int
    gain: float
    ratio: float
    probability: float
    refusal: str | None


def sharpe(differences: Sequence[float]) -> float:
    """Mean over standard deviation; 0 of fewer than two values or of equal ones."""
    if len(differences) < 2:
        return 0.0
    spread = statistics.pstdev(differences)
    return statistics.fmean(differences) / spread if spread > 0.0 else 0.0


def better(differences: Sequence[float], tries: int) -> float:
    """Probability, 0..1, that daily differences are better than the best of `tries` by luck.

    The ratios of tries that are worth nothing have a spread of 1 / sqrt(days). The spread of the
    candidates at hand is not taken: one that is really good would raise it against itself.
    """
    count = len(differences)
    ratio = sharpe(differences)
    if not ratio:
        return 0.0
    mean, deviation = statistics.fmean(differences), statistics.pstdev(differences)
    scaled = [(one - mean) / deviation for one in differences]
    skew = statistics.fmean(one**3 for one in scaled)
    kurtosis = statistics.fmean(one**4 for one in scaled) - 3.0
    return deflated_sharpe(
        ratio,
        count,
        skew=skew,
        excess_kurtosis=kurtosis,
        tries=tries,
        spread=1.0 / math.sqrt(count),
    )


def learned_days(days: int) -> int:
    """Days before the first fold: all that a search may look at."""
    return int(days * LEARNED)


def walk_forward(candidates: Sequence[Paired], days: int, tries: int) -> Verdict:
    """Choose fold by fold, judge all folds together."""
    first = learned_days(days)
    unseen: list[float] = []
    chosen: int | None = None
    for fold in range(FOLDS):
        start = first + (days - first) * fold // FOLDS
        end = first + (days - first) * (fold + 1) // FOLDS
        chosen = _best(candidates, start)
        unseen += (
            [0.0] * (end - start) if chosen is None else (candidates[chosen].differences[start:end])
        )
    probability = better(unseen, tries)
    gain = math.fsum(unseen)
    refusal = None
    if days < LEAST_DAYS:
        refusal = f"the log tells of {days} days, {LEAST_DAYS} needed"
    elif chosen is None:
        refusal = "no candidate would have gained anything"
    elif math.fsum(candidates[chosen].differences[first:]) <= 0.0:
        refusal = "the candidate lost on the days that it was not chosen by"
    elif probability < SURE:
        refusal = f"probability {probability:.3f} after {tries} tries, {SURE:g} needed"
    return Verdict(
        chosen=chosen,
        days=len(unseen),
        gain=gain,
        ratio=sharpe(unseen),
        probability=probability,
        refusal=refusal,
    )


def _best(candidates: Sequence[Paired], before: int) -> int | None:
    """The candidate with the best ratio on the days before a fold, if any is above 0."""
    ratios = [one.ratio(0, before) for one in candidates]
    best = max(range(len(ratios)), key=ratios.__getitem__, default=None)
    return best if best is not None and ratios[best] > 0.0 else None
