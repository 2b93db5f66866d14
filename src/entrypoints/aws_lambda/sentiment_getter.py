"""Per pair: the newest stored sentiment; too old is absent."""

from application.scoring.read_sentiment import read_sentiment
from entrypoints.aws_lambda.boundary import TABLES, Call, Function
from entrypoints.aws_lambda.readings import told
from entrypoints.aws_lambda.settings import Function as Settings


async def _read(call: Call) -> dict[str, object]:
    environment, at = call.environment, call.at()
    tables, parameters = environment.tables(), environment.parameters()
    return told(
        "sentiment",
        {
            pair: await read_sentiment(pair, at, tables=tables, parameters=parameters)
            for pair in call.event["pairs"]
        },
    )


handler = Function("sentiment-getter", Settings, _read, plugs=TABLES)
