"""The night's checks of a log, from the use cases that check it: audit, digest, deciding again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from application.reporting.night_checks import AuditLine, NightChecks, ParityLine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from application.policy import Policy
    from application.ports.event_store import EventStore
    from application.ports.tamper_evidence import Anchor, TamperEvidence
    from domain.parameters import StrategyParameters

T = TypeVar("T")


def night_checks(
    store: EventStore,
    evidence: TamperEvidence,
    *,
    policy: Policy,
    parameters: StrategyParameters,
    reach: int | None = None,
) -> NightChecks:
    """Each reads the whole log once; deciding again takes longest, for the day's analyses alone.

    With `reach` (ms, see `report_reach`) deciding again begins to read there, and the audit, which
    believes nothing but the whole log, is left to who has the time for it.
    """

    async def audit() -> AuditLine:
        from application.upkeep.audit_log import audit_log

        done = await audit_log(store=store, evidence=evidence)
        found = done.violations
        return AuditLine(
            balanced=done.is_balanced,
            events=done.chain.events,
            compared=done.auditor.compared,
            violations=len(found),
            first_bad=found[0].event if found else None,
            residuals=tuple(done.auditor.residuals.items()),
        )

    async def parity(start: int, end: int) -> ParityLine:
        from entrypoints.replay.verify import verify

        found = await verify(
            store,
            policy=policy,
            parameters=parameters,
            since=start,
            until=end,
            reach=reach or 0,
        )
        return ParityLine(
            decisions=found.decisions,
            equal=found.equal,
            fills=found.fills,
            mean_bp=found.mean_bp,
            worst_bp=found.max_bp,
        )

    return NightChecks(
        head=evidence.anchor, audit=audit if reach is None else None, parity=parity
    )


def night_checks_of_file(
    path: Path, *, policy: Policy, parameters: StrategyParameters
) -> NightChecks:
    """The same of a log in a file that somebody writes to: read in threads, beside the writer.

    Whoever waits for a check lets others run in the meantime, however long the log is.
    """
    from entrypoints.wiring.log_file import checking

    def asked(question: Callable[[NightChecks], Awaitable[T] | None]) -> T:
        async def answer() -> T:
            with checking(path) as (store, evidence):
                checks = night_checks(store, evidence, policy=policy, parameters=parameters)
                waiting = question(checks)
                assert waiting is not None
                return await waiting

        return asyncio.run(answer())

    async def head() -> Anchor:
        return await asyncio.to_thread(asked, lambda one: one.head and one.head())

    async def audit() -> AuditLine:
        return await asyncio.to_thread(asked, lambda one: one.audit and one.audit())

    async def parity(start: int, end: int) -> ParityLine:
        return await asyncio.to_thread(asked, lambda one: one.parity and one.parity(start, end))

    return NightChecks(head=head, audit=audit, parity=parity)
