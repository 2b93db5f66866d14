"""Every night: is an old change to be taken back, and may a new one be made? Mostly: no."""

import math
from collections.abc import Sequence
from typing import Final

import attrs

from application.commit import Log
from application.errors import Broken, Conflict
from application.parameters_in_force import parameters_in_force
from application.ports.proposer import Proposer, Question
from application.tuning.evidence import evidence
from application.tuning.tried import STREAM, Ledger, tried_so_far
from domain.events import (
    ChangesTried,
    Commit,
    ParametersChanged,
    ParametersReviewed,
    ParametersRolledBack,
    ProposalPaid,
    ShutGate,
    Trial,
    TuningEvent,
    TuningRefused,
)
from domain.instant import DAY
from domain.instruments import Instruments
from domain.parameters import StrategyParameters
from domain.reporting.report_day import ReportDay
from domain.tuning import in_force
from domain.tuning.change import Change
from domain.tuning.gates import Evidence, shut_gates
from domain.tuning.in_force import ParameterHistory
from domain.tuning.recording import Recording
from domain.tuning.walk_forward import SURE, Paired, better, learned_days, walk_forward
from domain.tuning.what_if import Played, WhatIf

REACH: Final = 91 * DAY
"""Candidates are tried on so much of the log (ms): what the strategy itself looks back on."""
REVIEW_AFTER: Final = 14 * DAY
MOST_TRIES: Final = 12
"""Candidates a night. Each makes the bar higher for all."""


@attrs.frozen(slots=True, weakref_slot=False)
class _Night:
    """One night's work: its day, its sockets, the ledger and what was changed before."""

    at: int
    log: Log
    ledger: Ledger
    history: ParameterHistory
    changes: Sequence[Commit]

    @property
    def day(self) -> str:
        return ReportDay.complete_at(self.at).name

    @property
    def parameters_version(self) -> int:
        return self.changes[-1].last_version if self.changes else 0

    async def write(
        self, events: Sequence[TuningEvent], changes: Sequence[TuningEvent] = ()
    ) -> tuple[Commit, ...]:
        """Append to the ledger and, with it or not at all, to the parameters."""
        commits = []
        for stream, version, new in (
            (STREAM, self.ledger.version, events),
            (in_force.STREAM, self.parameters_version, changes),
        ):
            if new:
                correlation = f"tuning/{self.day}"
                commits.append(self.log.commit(stream, version + 1, new, self.at, correlation, ""))
        try:
            return await self.log.append(*commits)
        except Conflict:
            return ()  # somebody else is at it


async def tune(
    at: int,
    *,
    log: Log,
    instruments: Instruments,
    parameters: StrategyParameters,
    proposer: Proposer,
) -> tuple[Commit, ...]:
    """Review the last change when it is due; else try to find a better one, once a day.

    `parameters` are the configured ones. Everything that was tried goes on the log. Raises
    Retryable when log or proposer cannot be reached: nothing is recorded then, the next call
    tries again.
    """
    ledger = await tried_so_far(log.store)
    night = _Night(
        at=at,
        log=log,
        ledger=ledger,
        history=await parameters_in_force(log.store, parameters),
        changes=await log.store.read(in_force.STREAM),
    )
    if ledger.day >= night.day:
        return ()
    due = _due_for_review(night)
    if due is not None:
        return await _review(night, due)
    seen = await evidence(
        at, tables=log.tables, pairs=instruments.pairs, changed_at=_changed_at(night.changes)
    )
    shut = tuple(ShutGate(one.gate, one.detail) for one in shut_gates(seen))
    if shut:
        return await night.write([TuningRefused(night.day, shut, ledger.tried)])
    return await _propose(night, proposer, seen)


def _changed_at(changes: Sequence[Commit]) -> int | None:
    """When parameters were last changed, or changed back (ms)."""
    kinds = (ParametersChanged, ParametersRolledBack)
    return next(
        (one.at for one in reversed(changes) if any(isinstance(e, kinds) for e in one.events)),
        None,
    )


def _due_for_review(night: _Night) -> tuple[int, ParametersChanged] | None:
    """(when, what) of the newest change, once its 14 days are over and nobody looked at it."""
    for commit in reversed(night.changes):
        for event in reversed(commit.events):
            if isinstance(event, ParametersChanged):
                is_due = night.at - commit.at >= REVIEW_AFTER
                return (commit.at, event) if is_due else None
            if isinstance(event, ParametersReviewed | ParametersRolledBack):
                return None
    return None


async def _recorded(night: _Night, since: int) -> Recording:
    """What the log tells from a time (ms) on."""
    recording = Recording(night.history.newest)
    store = night.log.store
    async for _, commit in store.read_all(store.place_of(since)):
        if since <= commit.at < night.at:
            recording.see(commit)
    return recording


def _stake(p: StrategyParameters) -> float:
    """JPY in every position of a comparison: the most that one may be."""
    return float(p.max_position_jpy)


async def _review(night: _Night, due: tuple[int, ParametersChanged]) -> tuple[Commit, ...]:
    """Hold a change against the days after it; worse by the test that it had to pass: back."""
    changed_at, change = due
    now = night.history.newest
    recording = await _recorded(night, changed_at)
    before = night.history.at(changed_at - 1)
    played = WhatIf(recording, _stake(now))
    without = Paired.of(played.play(before).daily, played.play(now).daily)
    worse = better(without.differences, tries=1)
    kept = worse < SURE
    reviewed = ParametersReviewed(
        change=change.change,
        day=night.day,
        days=len(without.differences),
        gain_jpy=-math.fsum(without.differences),
        worse=worse,
        kept=kept,
    )
    if kept:
        return await night.write([], [reviewed])
    back = Change(change.moves).undone()
    taken = ParametersRolledBack(change.change, night.day, back.moves, "review")
    return await night.write([], [reviewed, taken])


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


async def _propose(night: _Night, proposer: Proposer, seen: Evidence) -> tuple[Commit, ...]:
    """Ask for candidates, play them, and make the change that passes, if one does."""
    now = night.history.newest
    recording = await _recorded(night, night.at - REACH)
    tries = _Tries(WhatIf(recording, _stake(now)), now)
    learned = learned_days(recording.days)
    proposal = await proposer.propose(
        Question(
            now=now,
            score=lambda change: tries.of(change).ratio(0, learned),
            tries=MOST_TRIES,
            seed=night.at // DAY,
            record=_in_words(seen, tries.base),
        )
    )
    for change in proposal.changes:
        tries.of(change)
    changes, tried = list(tries.paired), night.ledger.tried + len(tries.paired)
    found = walk_forward(list(tries.paired.values()), recording.days, tried)
    report = ChangesTried(
        day=night.day,
        proposer=proposer.name,
        trials=tuple(
            Trial(change.moves, paired.ratio(), math.fsum(paired.differences))
            for change, paired in tries.paired.items()
        ),
        turned_away=proposal.turned_away,
        tried=tried,
        days=found.days,
        gain_jpy=found.gain,
        ratio=found.ratio,
        probability=found.probability,
        refusal=found.refusal,
    )
    events: list[TuningEvent] = []
    if proposal.paid is not None:
        paid = proposal.paid
        events.append(
            ProposalPaid(
                night.day, proposer.name, paid.input_tokens, paid.output_tokens, paid.cost_usd
            )
        )
    events.append(report)
    if found.refusal is not None or found.chosen is None:
        return await night.write(events)
    made = ParametersChanged(
        change=f"change-{night.day}",
        day=night.day,
        proposer=proposer.name,
        moves=changes[found.chosen].moves,
        days=found.days,
        gain_jpy=found.gain,
        probability=found.probability,
        tried=tried,
    )
    return await night.write(events, [made])


def _in_words(seen: Evidence, base: Played) -> str:
    """The record that a proposer is told: figures of the log alone, no text from outside."""
    gains = ", ".join(f"{pair} {gain:+.0f} JPY" for pair, gain in sorted(seen.gains.items()))
    return (
        f"{seen.closed} trades closed in 30 days, {seen.wins} of them won. Last 24 h: {gains}. "
        f"Replayed with the present parameters: {base.trades} trades, "
        f"{math.fsum(base.daily):+.0f} JPY in {len(base.daily)} days."
    )
