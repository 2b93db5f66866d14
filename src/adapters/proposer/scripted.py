"""Proposes what it was told to: for tests and simulations."""

from collections.abc import Sequence

from application.ports.proposer import Proposal, Question
from domain.tuning.change import Change, TooFarError


class ScriptedProposer:
    """Wanted values by name, one change each; what is too far is turned away, as from anybody."""

    name = "script"

    def __init__(self, wanted: Sequence[dict[str, float]]) -> None:
        self._wanted = wanted

    async def propose(self, question: Question) -> Proposal:
        """All of them, every time it is asked."""
        changes: list[Change] = []
        turned_away = []
        for one in self._wanted:
            try:
                change = Change.between(question.now, one)
            except TooFarError as error:
                turned_away.append(str(error))
            else:
                if change not in changes and len(changes) < question.tries:
                    changes.append(change)
        return Proposal(tuple(changes), tuple(turned_away))
