"""Once per analysis, or per pair: the forecast of the model, momentum where there is none."""

from application.scoring.score_forecast import score_forecast
from entrypoints.aws_lambda.boundary import TABLES, Call, Function
from entrypoints.aws_lambda.readings import told
from entrypoints.aws_lambda.settings import ChronosCaller


async def _forecast(call: Call) -> dict[str, object]:
    environment = call.environment
    readings = await score_forecast(
        call.event["pairs"],
        call.at(),
        tables=environment.tables(),
        forecaster=environment.forecaster(),
        parameters=environment.parameters(),
    )
    return told("forecast", readings)


handler = Function("chronos-caller", ChronosCaller, _forecast, plugs=(*TABLES, "forecaster"))
