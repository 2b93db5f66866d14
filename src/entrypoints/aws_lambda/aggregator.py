"""After the map: the scores of all pairs, one decision, and the orders that it asks for."""

from application.strategy.decide_trades import decide_trades
from domain.events import OrderRequested
from entrypoints.aws_lambda.boundary import LOG, TOLD, Call, Function
from entrypoints.aws_lambda.readings import heard
from entrypoints.aws_lambda.settings import Orders


async def _decide(call: Call) -> dict[str, object]:
    environment, event = call.environment, call.event
    commits = await decide_trades(
        event["analysis"],
        call.at(),
        heard(event["components"]),
        cause=event["cause"],
        pairs=environment.instruments().pairs,
        log=environment.log(),
        policy=environment.policy(),
        parameters=environment.parameters(),
    )
    await call.react(commits)
    asked = [o.order for c in commits for o in c.events if isinstance(o, OrderRequested)]
    return {"analysis": event["analysis"], "orders": asked, "repeated": not commits}


handler = Function("aggregator", Orders, _decide, plugs=(*LOG, *TOLD, "order_queue", "exchange"))
