"""Once a day, at 23:00 in Japan: the report, an anchor of the log, and the tuner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.errors import ConfigurationError, OutsideError
from application.reporting.publish_daily_report import publish_daily_report
from application.upkeep.anchor_log import anchor_log
from domain.reporting.report_day import ReportDay

if TYPE_CHECKING:
    from collections.abc import Callable

    from application.ports.proposer import Proposer
    from application.ports.report_archive import ReportArchive
    from application.ports.tamper_evidence import TamperEvidence
    from application.reactions import Reactions
    from application.reporting.night_checks import NightChecks
    from application.troubles import Troubles
    from entrypoints.wiring.ports import Ports

WHAT = "the daily report"


class Night:
    """Does what is due when a day is over; also at the first tick, for a day that was missed."""

    def __init__(
        self,
        ports: Ports,
        *,
        archive: ReportArchive,
        evidence: TamperEvidence | None,
        checks: Callable[[], NightChecks],
        proposer: Proposer | None = None,
    ) -> None:
        self._ports = ports
        self._archive = archive
        self._evidence = evidence
        self._checks = checks
        self._proposer = proposer
        self._done: str | None = None

    async def turn(self, at: int, reactions: Reactions, troubles: Troubles) -> None:
        """Report the day that is over at a tick (ms), once; a failure is told, once."""
        day = ReportDay.complete_at(at).name
        if day == self._done:
            return
        ports = self._ports
        try:
            published = await publish_daily_report(
                at,
                log=ports.log,
                archive=self._archive,
                instruments=ports.instruments,
                parameters=ports.parameters,
                exchange=ports.exchange,
                checks=self._checks(),
            )
            if published:
                if self._evidence is not None:
                    await anchor_log(at, log=ports.log, evidence=self._evidence)
                await reactions.to(published)
            await self._tune(at, reactions)
        except (OutsideError, ConfigurationError) as failure:
            await troubles.failed(WHAT, failure)  # again at the next tick
        else:
            self._done = day
            await troubles.worked(WHAT)

    async def _tune(self, at: int, reactions: Reactions) -> None:
        """After the report: an old change is looked at again, or a new one tried."""
        if self._proposer is None:
            return
        from application.tuning.tune import tune

        ports = self._ports
        await reactions.to(
            await tune(
                at,
                log=ports.log,
                instruments=ports.instruments,
                parameters=ports.parameters,
                proposer=self._proposer,
            )
        )
