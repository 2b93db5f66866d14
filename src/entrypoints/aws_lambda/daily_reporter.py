"""At 23:00 in Japan: the report of the day into the archive, an anchor of the log, the tuner."""

from application.reporting.publish_daily_report import publish_daily_report
from application.reporting.report_reach import report_reach
from application.tuning.tune import tune
from application.upkeep.anchor_log import anchor_log
from domain.events import Commit
from domain.reporting.report_day import ReportDay
from entrypoints.aws_lambda.boundary import LOG, TOLD, Call, Function
from entrypoints.aws_lambda.settings import DailyReporter
from entrypoints.replay.night_checks import night_checks


async def _report(call: Call) -> dict[str, object]:
    environment, at = call.environment, call.at()
    log, parameters, evidence = (
        environment.log(),
        environment.parameters(),
        environment.evidence(),
    )
    published = await publish_daily_report(
        at,
        log=log,
        archive=environment.report_archive(),
        instruments=environment.instruments(),
        parameters=parameters,
        exchange=environment.exchange(),
        checks=None
        if evidence is None
        else night_checks(
            log.store,
            evidence,
            policy=environment.policy(),
            parameters=parameters,
            # the whole log is audited where there is time: `crypto-trader audit --aws`
            reach=await report_reach(
                ReportDay.complete_at(at), log.tables, environment.instruments().pairs
            ),
        ),
    )
    if published and evidence is not None:
        await anchor_log(at, log=log, evidence=evidence)
    await call.react(published)
    proposer = environment.proposer()
    tuned: tuple[Commit, ...] = ()
    if proposer is not None:
        tuned = await tune(
            at,
            log=log,
            instruments=environment.instruments(),
            parameters=parameters,
            proposer=proposer,
        )
        await call.react(tuned)
    return {"published": bool(published), "tuned": bool(tuned)}


handler = Function(
    "daily-reporter",
    DailyReporter,
    _report,
    plugs=(*LOG, *TOLD, "evidence", "report_archive", "exchange", "proposer"),
)
