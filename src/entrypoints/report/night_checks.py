"""The night's checks of a log, from the use cases that check it: audit, digest, deciding again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.reporting.night_checks import AuditLine, NightChecks, ParityLine

if TYPE_CHECKING:
    from application.policy import Policy
    from application.ports.event_store import EventStore
    from application.ports.tamper_evidence import TamperEvidence
    from domain.parameters import StrategyParameters


def night_checks(
    store: EventStore, evidence: TamperEvidence, *, policy: Policy, parameters: StrategyParameters
) -> NightChecks:
    """Each reads the whole log once; deciding again takes longest, for the day's analyses alone."""

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

        found = await verify(store, policy=policy, parameters=parameters, since=start, until=end)
        return ParityLine(
            decisions=found.decisions,
            equal=found.equal,
            fills=found.fills,
            mean_bp=found.mean_bp,
            worst_bp=found.max_bp,
        )

    return NightChecks(head=evidence.anchor, audit=audit, parity=parity)
