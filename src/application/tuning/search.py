"""Candidates on one recording, and the test of the one that would have been chosen."""

import math
from typing import Final

import attrs

from application.errors import Broken
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

    The proposer sees scores of the days before the first fold, no others. Raises what it raises.
    """
    tries = _Tries(WhatIf(recording, stake_jpy(now)), now)
    learned = learned_days(recording.days)
    base = tries.base
    proposal = await proposer.propose(
        Question(
            now=now,
            score=lambda change: tries.of(change).ratio(0, learned),
            tries=MOST_TRIES,
            seed=seed,
            record=f"{record} Replayed with the present parameters: {base.trades} trades, "
            f"{math.fsum(base.daily):+.0f} JPY in {len(base.daily)} days.",
        )
    )
    for change in proposal.changes:
        tries.of(change)
    candidates = list(tries.paired.values())
    trials = tuple(
        Trial(change.moves, paired.ratio(), math.fsum(paired.differences))
        for change, paired in tries.paired.items()
    )
    tried += len(trials)
    return Searched(proposal, trials, tried, walk_forward(candidates, recording.days, tried))


def stake_jpy(p: StrategyParameters) -> float:
    """JPY in every position of a comparison: the most that one may be."""
    return float(p.max_position_jpy)
