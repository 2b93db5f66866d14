"""An alarm of the alerts topic, said in Slack."""

from aws_lambda_powertools.utilities.data_classes import SNSEvent

from application.messages import Plain
from domain.upkeep.alarm import sentence_of
from entrypoints.aws_lambda.boundary import Call, Function
from entrypoints.aws_lambda.settings import Told


async def _tell(call: Call) -> dict[str, object]:
    notifier = call.environment.notifier()
    said = [
        sentence_of(one.sns.subject or "", one.sns.message)
        for one in SNSEvent(dict(call.event)).records
    ]
    for words in said:
        await notifier.tell(Plain(words))
    return {"told": len(said)}


handler = Function("slack-notifier", Told, _tell, plugs=("clock", "notifier"))
