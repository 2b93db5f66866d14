"""What the tuner did, from the log alone: every change and its fate, and every night's no."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import attrs

from application.commit import Log
from application.errors import InputError
from application.parameters_in_force import parameters_in_force
from application.ports.event_store import EventStore
from domain.events import (
    ChangesTried,
    Event,
    ParametersChanged,
    ParametersReviewed,
    ParametersRolledBack,
    ProposalPaid,
    TuningRefused,
)
from domain.parameters import StrategyParameters
from domain.reporting.report_day import ReportDay
from domain.tuning import in_force
from domain.tuning.change import Change

BY_HAND: Final = "hand"


@attrs.define(slots=True)
class Improvement:
    """A change, when it was made (ms), the test that it passed, and what became of it."""

    at: int
    made: ParametersChanged
    tried: ChangesTried | None
    reviewed: ParametersReviewed | None = None
    undone: ParametersRolledBack | None = None
    is_overtaken: bool = False

    @property
    def state(self) -> str:
        """In force, kept after its review, taken back, or overtaken by what is configured."""
        if self.undone is not None:
            return "rolled back" if self.undone.by != BY_HAND else "undone by hand"
        if self.is_overtaken:
            return "overtaken"
        return "in force" if self.reviewed is None else "kept"


@attrs.define(slots=True)
class Improvements:
    """All of it. `shut` counts nights by the gate that stopped them, `refused` the tries' end."""

    changes: list[Improvement] = attrs.Factory(list)
    nights: int = 0
    tried: int = 0
    shut: Counter[str] = attrs.Factory(Counter)
    refused: list[ChangesTried] = attrs.Factory(list)
    paid_usd: float = 0.0

    def of(self, change: str) -> Improvement:
        """One of them. Raises InputError that names those there are."""
        for one in self.changes:
            if one.made.change == change:
                return one
        known = ", ".join(one.made.change for one in self.changes) or "none was ever made"
        raise InputError(f"{change}: no such change; there are: {known}")


async def improvements(
    store: EventStore, configured: StrategyParameters, until: float = math.inf
) -> Improvements:
    """Read two short streams, up to before a time (ms).

    Raises Retryable when the log cannot be read.
    """
    found = Improvements()
    tests: dict[str, ChangesTried] = {}
    for commit in await store.read(in_force.LEDGER):
        for event in commit.events if commit.at < until else ():
            _night(event, found, tests)
    overtaken = (await parameters_in_force(store, configured)).overtaken
    for commit in await store.read(in_force.STREAM):
        for event in commit.events if commit.at < until else ():
            if isinstance(event, ParametersChanged):
                one = Improvement(commit.at, event, tests.get(event.day))
                one.is_overtaken = event.change in overtaken
                found.changes.append(one)
            elif isinstance(event, ParametersReviewed):
                found.of(event.change).reviewed = event
            elif isinstance(event, ParametersRolledBack):
                found.of(event.change).undone = event
    return found


def _night(event: Event, found: Improvements, tests: dict[str, ChangesTried]) -> None:
    if isinstance(event, TuningRefused):
        found.nights += 1
        found.tried = event.tried
        found.shut.update(one.gate for one in event.gates)
    elif isinstance(event, ChangesTried):
        found.nights += 1
        found.tried = event.tried
        tests[event.day] = event
        if event.refusal is not None:
            found.refused.append(event)
    elif isinstance(event, ProposalPaid):
        found.paid_usd += event.cost_usd


async def undo(change: str, at: int, *, log: Log, parameters: StrategyParameters) -> Sequence[str]:
    """Take a change back by hand at a time (ms); gives the moves back, in words.

    `parameters` are the configured ones. Positions that are open keep what they were opened by.
    Raises InputError for one that is not in force, Conflict when somebody was faster.
    """
    one = (await improvements(log.store, parameters)).of(change)
    if one.state not in ("in force", "kept"):
        raise InputError(f"{change} is not in force any more: {one.state}")
    now = (await parameters_in_force(log.store, parameters)).newest
    for move in one.made.moves:
        if getattr(now, move.name) != move.after:
            raise InputError(
                f"{change} set {move.name} to {move.after:g}; a later change made it "
                f"{getattr(now, move.name):g}: undo that one first"
            )
    back = Change(one.made.moves).undone().moves
    version = await log.store.version(in_force.STREAM)
    day = ReportDay.of(at).name
    event = ParametersRolledBack(change, day, back, BY_HAND)
    await log.append(log.commit(in_force.STREAM, version + 1, [event], at, f"tuning/{change}", ""))
    return [f"{one.name} {one.before:g} -> {one.after:g}" for one in back]
