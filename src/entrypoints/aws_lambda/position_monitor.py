"""Every 5 minutes: peaks, stops and exits of open positions; forgotten orders sent again."""

from application.errors import Retryable
from application.trading.watch_positions import watch_positions
from entrypoints.aws_lambda.boundary import LOG, TOLD, Call, Function
from entrypoints.aws_lambda.settings import Orders


async def _watch(call: Call) -> dict[str, object]:
    environment = call.environment
    watched = await watch_positions(
        call.at(),
        log=environment.log(),
        exchange=environment.exchange(),
        order_queue=environment.order_queue(),
        policy=environment.policy(),
        parameters=environment.parameters(),
    )
    await call.react(watched.commits)
    if watched.unseen:
        raise Retryable(f"no price of {', '.join(watched.unseen)}")
    return {"events": sum(len(one.events) for one in watched.commits)}


handler = Function(
    "position-monitor", Orders, _watch, plugs=(*LOG, *TOLD, "order_queue", "exchange")
)
