"""How good forecasts of an hour are: arithmetic on arrays, nothing of models in it.

A window is one coin at one time. Arrays are (windows,) or (windows, steps[, levels]); prices in
USDT, losses and returns in basis points (1/10,000) of the price at the forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LEVELS = np.array([0.1, 0.5, 0.9])
BP = 10_000.0
NO_OPINION = 1e-9
CALM = ("calm", "middling", "wild")
DRIFT = ("falling", "rising")


@attrs.frozen(eq=False)
class Windows:
    """What was known, and what came: `context` (windows, candles), `future` (windows, steps).

    Both are typical prices; `price` is the last close and `later` the close an hour on. `closes`
    are those of the context. `at` in ms, `pair` by name.
    """

    pair: Array
    at: Array
    context: Array
    closes: Array
    future: Array
    price: Array
    later: Array

    @property
    def change(self) -> Array:
        """What an hour brought (bp)."""
        return (self.later / self.price - 1.0) * BP

    def regimes(self) -> dict[str, Array]:
        """Masks by what was known: a third each by volatility, two by drift, of the context."""
        moves = np.diff(np.log(self.closes), axis=1)
        wild = moves.std(axis=1)
        low, high = np.quantile(wild, [1 / 3, 2 / 3])
        risen = self.closes[:, -1] >= self.closes[:, 0]
        masks = (wild <= low, (wild > low) & (wild <= high), wild > high, ~risen, risen)
        return dict(zip((*CALM, *DRIFT), masks, strict=True))


@attrs.frozen(eq=False)
class Said:
    """What a candidate says: scores -1..1, and paths (windows, steps, 3) where it has quantiles."""

    score: Array
    paths: Array | None = None


def quantile_loss(paths: Array, windows: Windows) -> Array:
    """Pinball loss of each window (bp), the mean over steps and levels (Koenker and Bassett)."""
    missed = windows.future[:, :, None] - paths
    loss = np.maximum(LEVELS * missed, (LEVELS - 1.0) * missed)
    return loss.mean(axis=(1, 2)) / windows.price * BP


def covered(paths: Array, windows: Windows) -> Array:
    """The share of each window's steps that lie between the outer quantiles; 0.8 would be right."""
    inside = (windows.future >= paths[:, :, 0]) & (windows.future <= paths[:, :, 2])
    return inside.mean(axis=1)


def hit(score: Array, windows: Windows) -> Array:
    """1 where the sign was right, 0 where not, NaN where nobody said or nothing moved."""
    change = windows.change
    right = np.where(np.sign(score) == np.sign(change), 1.0, 0.0)
    return np.where((np.abs(score) < NO_OPINION) | (change == 0), np.nan, right)


def earned(score: Array, windows: Windows, cost_bp: float) -> Array:
    """What the score as a share of the account brought in the hour, after costs (bp).

    It is bought and sold again at `cost_bp` each way; a negative score is held short, which spot
    cannot do: this measures the forecast, not the trader.
    """
    return score * windows.change - np.abs(score) * 2.0 * cost_bp


def figures(said: Said, windows: Windows, cost_bp: float) -> dict[str, Array]:
    """All measures of a candidate, by window."""
    found = {
        "hit_rate": hit(said.score, windows),
        "earned_bp": earned(said.score, windows, cost_bp),
    }
    if said.paths is not None:
        found["quantile_loss_bp"] = quantile_loss(said.paths, windows)
        found["coverage"] = covered(said.paths, windows)
    return found


@attrs.frozen
class Interval:
    """A mean with its 95 % interval, over so many windows."""

    mean: float
    low: float
    high: float
    windows: int


Resample = Callable[[Array], Array]
"""(times,) values -> means of resampled times."""


def interval(values: Array, at: Array, resample: Resample) -> Interval:
    """The mean of windows; whole times are resampled, since coins move together."""
    known = ~np.isnan(values)
    values, at = values[known], at[known]
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    times, place = np.unique(at, return_inverse=True)
    sums, counts = np.bincount(place, values), np.bincount(place)
    if len(times) < 2:
        return Interval(float(values.mean()), float("nan"), float("nan"), len(values))
    means = resample(np.column_stack([sums, counts]))
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high), len(values))


def judged(
    said: Mapping[str, Said], windows: Windows, cost_bp: float, resample: Resample, first: str
) -> dict[str, Any]:
    """Every measure of every candidate: all windows, by coin, by regime; and `first` less others.

    The differences are of the same windows, so what all have in common falls out of them.
    """
    groups = {"all": np.ones(len(windows.at), dtype=bool)}
    groups |= {str(pair): windows.pair == pair for pair in np.unique(windows.pair)}
    groups |= windows.regimes()
    of = {name: figures(one, windows, cost_bp) for name, one in said.items()}

    def told(values: Array, mask: Array) -> dict[str, Any]:
        return attrs.asdict(interval(values[mask], windows.at[mask], resample))

    found: dict[str, Any] = {
        group: {
            name: {measure: told(values, mask) for measure, values in measures.items()}
            for name, measures in of.items()
        }
        for group, mask in groups.items()
    }
    found["difference"] = {
        name: {
            measure: told(of[first][measure] - values, groups["all"])
            for measure, values in measures.items()
            if measure in of[first]
        }
        for name, measures in of.items()
        if name != first
    }
    return found
