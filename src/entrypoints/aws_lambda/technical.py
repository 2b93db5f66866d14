"""Per pair: indicators and the technical score of the stored candles."""

from application.scoring.score_technical import score_technical
from entrypoints.aws_lambda.boundary import TABLES, Call, Function
from entrypoints.aws_lambda.readings import told
from entrypoints.aws_lambda.settings import Function as Settings


async def _score(call: Call) -> dict[str, object]:
    environment = call.environment
    readings = await score_technical(
        call.event["pairs"],
        call.at(),
        scorer=environment.technical_scorer(),
        parameters=environment.parameters(),
    )
    return told("technical", readings)


handler = Function("technical", Settings, _score, plugs=(*TABLES, "technical_scorer"))
