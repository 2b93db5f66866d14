"""A seeded search over everything that one change may be, guided by what it has tried."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from adapters.proposer.random_search import THRESHOLD_STEP, WEIGHT_STEP, change_to, shifted
from application.errors import ConfigurationError
from application.ports.proposer import Proposal, Question
from domain.tuning.change import MOST_THRESHOLD, MOST_WEIGHT, THRESHOLDS, WEIGHTS, Change

if TYPE_CHECKING:
    from optuna import Trial

STARTUP: Final = 6
"""Tries by chance before the search learns from them."""


class BoxSearch:
    """Tree-structured Parzen estimator of optuna over weights and thresholds, within their bounds.

    J. Bergstra and others, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011.
    """

    name = "search"

    async def propose(self, question: Question) -> Proposal:
        """As many changes as may be tried; the same seed and scores give the same ones."""
        optuna = _optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=question.seed, n_startup_trials=STARTUP)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        found: dict[Change, float] = {}
        for _ in range(4 * question.tries):  # some draws repeat one, or lead nowhere
            if len(found) == question.tries:
                break
            trial = study.ask()
            change = _drawn(trial, question)
            if change is None:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                continue
            if change not in found:
                found[change] = question.score(change)
            study.tell(trial, found[change])
        return Proposal(tuple(found))


def _optuna() -> Any:
    """Imported on the few nights on which something is searched: it takes most of a second."""
    try:
        return import_module("optuna")
    except ModuleNotFoundError:
        raise ConfigurationError(
            'the tuner\'s search needs optuna: pip install "crypto-trader[tuner]", or set its '
            "proposer to off"
        ) from None


def _drawn(trial: Trial, question: Question) -> Change | None:
    """A change that can be applied; None for one that changes nothing or is out of range."""
    now = question.now
    what = trial.suggest_categorical("what", [*THRESHOLDS, "weights"])
    if what == "weights":
        pairs = [f"{one}>{other}" for one in WEIGHTS for other in WEIGHTS if one != other]
        giver, _, taker = trial.suggest_categorical("weights", pairs).partition(">")
        step = trial.suggest_float("weight", WEIGHT_STEP, MOST_WEIGHT, step=WEIGHT_STEP)
        wanted = shifted(now, giver, taker, step)
    else:
        step = trial.suggest_float(what, -MOST_THRESHOLD, MOST_THRESHOLD, step=THRESHOLD_STEP)
        wanted = {what: round(getattr(now, what) + step, 4)}
    return change_to(now, wanted)
