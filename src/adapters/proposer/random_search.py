"""Changes drawn by chance from all that one may be: needs no package, and no score."""

from __future__ import annotations

import random
from typing import Final

from application.ports.proposer import Proposal, Question
from domain.errors import ParameterError
from domain.parameters import StrategyParameters
from domain.tuning.change import (
    MOST_THRESHOLD,
    MOST_WEIGHT,
    THRESHOLDS,
    WEIGHTS,
    Change,
)

WEIGHT_STEP: Final = 0.01
THRESHOLD_STEP: Final = 0.005


class RandomSearch:
    """Every weight and threshold is as likely as another; the seed decides.

    J. Bergstra and Y. Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13 (2012).
    """

    name = "random"

    async def propose(self, question: Question) -> Proposal:
        """As many changes as may be tried; the same seed gives the same ones."""
        chance = random.Random(question.seed)  # noqa: S311 - has to be repeatable
        found: dict[Change, None] = {}
        for _ in range(10 * question.tries):  # some draws repeat one, or lead nowhere
            if len(found) == question.tries:
                break
            change = change_to(question.now, _drawn(chance, question.now))
            if change is not None:
                found[change] = None
        return Proposal(tuple(found))


def _drawn(chance: random.Random, now: StrategyParameters) -> dict[str, float]:
    what = chance.choice([*THRESHOLDS, "weights"])
    if what == "weights":
        giver, taker = chance.sample(WEIGHTS, 2)
        steps = chance.randint(1, round(MOST_WEIGHT / WEIGHT_STEP))
        return shifted(now, giver, taker, steps * WEIGHT_STEP)
    steps = chance.randint(1, round(MOST_THRESHOLD / THRESHOLD_STEP)) * chance.choice((-1, 1))
    return {what: round(getattr(now, what) + steps * THRESHOLD_STEP, 4)}


def shifted(now: StrategyParameters, giver: str, taker: str, step: float) -> dict[str, float]:
    """Two weights of which one gives the other a step."""
    return {
        giver: round(getattr(now, giver) - step, 4),
        taker: round(getattr(now, taker) + step, 4),
    }


def change_to(now: StrategyParameters, wanted: dict[str, float]) -> Change | None:
    """The change, if it changes anything and can be applied."""
    try:
        change = Change.between(now, wanted)
        change.applied(now)
    except (ParameterError, ValueError):
        return None
    return change
