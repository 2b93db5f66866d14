"""Every night: is an old change to be taken back, and may a new one be made? Mostly: no."""

import math
from collections.abc import Sequence
from typing import Final

import attrs

from application.commit import Log
from application.errors import Conflict
from application.parameters_in_force import parameters_in_force
from application.ports.proposer import Proposer
from application.tuning.evidence import evidence
from application.tuning.search import search, stake_jpy
from application.tuning.tried import Ledger, tried_so_far
from domain.events import (
    ChangesTried,
    Commit,
    ParametersChanged,
    ParametersReviewed,
    ParametersRolledBack,
    ProposalPaid,
    ShutGate,
    TuningEvent,
    TuningRefused,
)
from domain.events.recorded import event_id
from domain.instant import DAY
from domain.instruments import Instruments
from domain.parameters import StrategyParameters
from domain.reporting.report_day import ReportDay
from domain.tuning import in_force
from domain.tuning.change import Change
from domain.tuning.gates import Evidence, shut_gates
from domain.tuning.in_force import ParameterHistory
from domain.tuning.recording import Recording
from domain.tuning.walk_forward import LEAST_DAYS, SURE, Paired, better
from domain.tuning.what_if import WhatIf

REACH: Final = 91 * DAY
"""Candidates are tried on so much of the log (ms): what the strategy itself looks back on."""
REVIEW_AFTER: Final = 14 * DAY


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
        cause = ""
        for stream, version, new in (
            (in_force.LEDGER, self.ledger.version, events),
            (in_force.STREAM, self.parameters_version, changes),
        ):
            if new:
                correlation = f"tuning/{self.day}"
                commits.append(
                    self.log.commit(stream, version + 1, new, self.at, correlation, cause)
                )
                cause = event_id(stream, version + len(new))
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

    `parameters` are the configured ones. Everything that was tried goes on the log, and so does a
    proposer that cannot be reached or makes no sense. Raises Retryable when the log cannot be
    reached (the next call tries again), ConfigurationError for a proposer that is not set up.
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


async def _review(night: _Night, due: tuple[int, ParametersChanged]) -> tuple[Commit, ...]:
    """Hold a change against the days after it; worse by the test that it had to pass: back."""
    changed_at, change = due
    now = night.history.newest
    recording = await _recorded(night, changed_at)
    before = night.history.at(changed_at - 1)
    played = WhatIf(recording, stake_jpy(now))
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


async def _propose(night: _Night, proposer: Proposer, seen: Evidence) -> tuple[Commit, ...]:
    """Ask for candidates, play them, and make the change that passes, if one does."""
    recording = await _recorded(night, night.at - REACH)
    if recording.days < LEAST_DAYS:
        # tries count for ever: none is spent on what cannot pass
        detail = f"the log tells of {recording.days} days, {LEAST_DAYS} needed"
        return await night.write(
            [TuningRefused(night.day, (ShutGate("days", detail),), night.ledger.tried)]
        )
    found = await search(
        recording,
        night.history.newest,
        proposer,
        seed=night.at // DAY,
        tried=night.ledger.tried,
        record=_in_words(seen),
    )
    verdict, paid = found.verdict, found.proposal.paid
    events: list[TuningEvent] = []
    if paid is not None:
        tokens = (paid.input_tokens, paid.output_tokens)
        events.append(ProposalPaid(night.day, proposer.name, *tokens, paid.cost_usd))
    events.append(
        ChangesTried(
            day=night.day,
            proposer=proposer.name,
            trials=found.trials,
            turned_away=found.proposal.turned_away,
            tried=found.tried,
            days=verdict.days,
            gain_jpy=verdict.gain,
            ratio=verdict.ratio,
            probability=verdict.probability,
            refusal=verdict.refusal,
        )
    )
    if not found.moves:
        return await night.write(events)
    made = ParametersChanged(
        change=f"change-{night.day}",
        day=night.day,
        proposer=proposer.name,
        moves=found.moves,
        days=verdict.days,
        gain_jpy=verdict.gain,
        probability=verdict.probability,
        tried=found.tried,
    )
    return await night.write(events, [made])


def _in_words(seen: Evidence) -> str:
    """The record that a proposer is told: figures of the log alone, no text from outside."""
    gains = ", ".join(f"{pair} {gain:+.0f} JPY" for pair, gain in sorted(seen.gains.items()))
    return f"{seen.closed} trades closed in 30 days, {seen.wins} of them won. Last 24 h: {gains}."
