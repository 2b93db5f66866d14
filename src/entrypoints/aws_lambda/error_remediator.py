"""Log lines of another function: an error reaches a human once in half an hour."""

from aws_lambda_powertools.utilities.data_classes import CloudWatchLogsEvent

from application.upkeep.alert_on_error import alert_on_error
from entrypoints.aws_lambda.boundary import LOG, Call, Function
from entrypoints.aws_lambda.settings import ErrorRemediator


async def _alert(call: Call) -> dict[str, object]:
    logs = CloudWatchLogsEvent(dict(call.event)).parse_logs_data()
    if logs.message_type != "DATA_MESSAGE":
        return {"lines": 0, "told": False}  # a probe whether somebody listens
    environment = call.environment
    source = logs.log_group.rpartition("/")[2]
    lines = [one.message for one in logs.log_events]
    commits = await alert_on_error(source, lines, environment.clock().now(), log=environment.log())
    await call.react(commits)
    return {"source": source, "lines": len(lines), "told": bool(commits)}


handler = Function("error-remediator", ErrorRemediator, _alert, plugs=(*LOG, "notifier"))
