"""One message of the order queue: place, confirm and book the order that it names.

A message that fails comes again after its visibility time-out; the third time it is a dead
letter. What was done already stands on the log and is not done again.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    SqsFifoPartialProcessor,
    process_partial_response,
)

from application.errors import Conflict
from application.trading.execute_order import Desk, execute_order
from entrypoints.aws_lambda.boundary import LOG, TOLD, Call, Function
from entrypoints.aws_lambda.settings import OrderExecutor

MOST_LOOKS = 5


async def _execute(call: Call) -> dict[str, object]:
    environment, order = call.environment, call.event["order"]
    desk = Desk(
        log=environment.log(),
        exchange=environment.exchange(),
        clock=environment.clock(),
        instruments=environment.instruments(),
        policy=environment.policy(),
        parameters=environment.parameters(),
        looks=MOST_LOOKS,
        patience_s=max(call.seconds - MOST_LOOKS, 0.0),
        put_off=call.log,
    )
    commits = await execute_order(order, desk=desk)
    await call.react(commits)
    told = [type(one).__name__ for commit in commits for one in commit.events]
    return {"order": order, "events": told}


execute = Function("order-executor", OrderExecutor, _execute, plugs=(*LOG, *TOLD, "account"))


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Work through the messages in order; the first that fails and all behind it come again."""

    def one(record: Any) -> dict[str, Any]:
        return execute({"order": record.body}, context)

    # a batch that fails as a whole is listed like any other: its messages come again
    processor = SqsFifoPartialProcessor()
    processor.raise_on_entire_batch_failure = False
    answer = process_partial_response(
        event=event, record_handler=one, processor=processor, context=context
    )
    for kind, failure, _ in processor.exceptions:
        if kind is not None and not issubclass(kind, Conflict):
            execute.tools().error("an order failed", kind=kind.__name__, reason=str(failure))
    return dict(answer)
