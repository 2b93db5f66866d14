"""Candidates on one recording, and the test of the one that would have been chosen."""

import math
from typing import Final

import attrs

from application.errors import Broken, Retryable
from application.ports.proposer import Proposal, Proposer, Question
from domain.events import ParameterMove, Trial
from domain.parameters import StrategyParameters
from domain.tuning.change import Change
from domain.tuning.recording import Recording
from domain.tuning.walk_forward import Paired, Verdict, learned_days, walk_forward
from domain.tuning.what_if import Played, WhatIf

MOST_TRIES: Final = 12
"""Candidates a night. Each makes the bar higher for all."""


@attrs.frozen(slots=True, weakref_slot=False)
class Searched:
    """What was proposed, what became of it on the recording, and the verdict.

    `tried` counts all candidates ever, these included.
    """

    proposal: Proposal
    trials: tuple[Trial, ...]
    tried: int
    verdict: Verdict

    @property
    def moves(self) -> tuple[ParameterMove, ...]:
        """What is to be changed; () where nothing is."""
        if self.verdict.refusal is not None or self.verdict.chosen is None:
            return ()
        return self.trials[self.verdict.chosen].moves


class _Tries:
    """Candidates on one recording; each is played once, and counts once."""

    def __init__(self, played: WhatIf, now: StrategyParameters) -> None:
        self._played = played
        self._now = now
        self.base: Played = played.play(now)
        self.paired: dict[Change, Paired] = {}

    def of(self, change: Change) -> Paired:
        """The candidate's daily differences. Raises ParameterError where it cannot be applied."""
        found = self.paired.get(change)
        if found is None:
            if len(self.paired) == MOST_TRIES:
                raise Broken(f"a proposer may try {MOST_TRIES} changes a night, and no more")
            changed = self._played.play(change.applied(self._now))
            found = self.paired[change] = Paired.of(changed.daily, self.base.daily)
        return found


async def search(
    recording: Recording,
    now: StrategyParameters,
    proposer: Proposer,
    *,
    seed: int,
    tried: int,
    record: str = "",
) -> Searched:
    """Ask for candidates and play them against `now`; `tried` candidates went before them.

    The proposer sees scores of the days before the first fold, no others. One that cannot be
    reached or makes no sense is not asked again, for every question may have its price; what it
    has tried until then counts. Raises ConfigurationError when it is not set up.
    """
    tries = _Tries(WhatIf(recording, stake_jpy(now)), now)
    learned = learned_days(recording.days)
    base = tries.base
    question = Question(
        now=now,
        score=lambda change: tries.of(change).ratio(0, learned),
        tries=MOST_TRIES,
        seed=seed,
        record=f"{record} Replayed with the present parameters: {base.trades} trades, "
        f"{math.fsum(base.daily):+.0f} JPY in {len(base.daily)} days.",
    )
    failure = None
    proposal = Proposal(())
    try:
        proposal = await proposer.propose(question)
        for change in proposal.changes:
            tries.of(change)
    except (Retryable, Broken) as error:
        failure = f"{proposer.name} failed: {error}"
    candidates = list(tries.paired.values())
    trials = tuple(
        Trial(change.moves, paired.ratio(), math.fsum(paired.differences))
        for change, paired in tries.paired.items()
    )
    tried += len(trials)
    verdict = walk_forward(candidates, recording.days, tried)
    if failure is not None:
        verdict = attrs.evolve(verdict, refusal=failure)
    return Searched(proposal, trials, tried, verdict)


def stake_jpy(p: StrategyParameters) -> float:
    """JPY in every position of a comparison: the most that one may be."""
    return float(p.max_position_jpy)
