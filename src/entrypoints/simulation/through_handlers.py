"""The trader's tick through the cloud's functions: JSON in, JSON out, the plugs overridden.

What the cloud does between them is done here as the stack says: schedules, the state machine,
the queue's event source. Each part of the tick is a function's invocation and nothing else, so
the log has to come out the same.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

from application.errors import Conflict, OutsideError
from domain.instant import iso
from entrypoints.aws_lambda.all_functions import functions, handlers
from entrypoints.local.trader import Trader
from entrypoints.wiring.injector import providers

if TYPE_CHECKING:
    from application.ports.market_context import MarketContext
    from application.ports.news_feed import NewsFeed
    from entrypoints.wiring.environment import Environment

PATIENCE_S: Final = 141.0
"""Seconds that an invocation has: what the trader gives an order in doubt, and the margins."""


@attrs.frozen(slots=True, weakref_slot=False)
class Context:
    """What the runtime tells of an invocation."""

    function_name: str
    aws_request_id: str = "simulated"

    def get_remaining_time_in_millis(self) -> int:
        """Time left (ms)."""
        return round(PATIENCE_S * 1000)


class Quiet:
    """No lines and no metrics: a simulation would write thousands."""

    @contextmanager
    def invocation(self, event: Mapping[str, Any], context: Any) -> Iterator[None]:
        """Nothing."""
        del event, context
        yield

    def log(self, words: str, **fields: Any) -> None:
        """Nothing."""

    def error(self, words: str, **fields: Any) -> None:
        """Nothing."""

    def count(self, name: str, value: float) -> None:
        """Nothing."""


class HandlerTrader(Trader):
    """A trader whose parts are the handlers, run one after another in a thread of their own."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment.ports())
        self._handlers = handlers()
        self._functions = functions()
        for one in self._functions.values():
            one.environment.override(providers.Object(environment))
            one.tools.override(providers.Object(Quiet()))
        self._thread = ThreadPoolExecutor(1)

    def close(self) -> None:
        """The functions are their own again."""
        self._thread.shutdown()
        for one in self._functions.values():
            one.environment.reset_override()
            one.tools.reset_override()

    async def _invoke(self, name: str, event: Mapping[str, Any]) -> Any:
        """A function's answer, everything on the way written as JSON and read again."""
        sent = json.loads(json.dumps(event))
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._thread, self._handlers[name], sent, Context(name))
        return json.loads(json.dumps(answer))

    async def _collect(self, at: int) -> None:
        answer = await self._invoke("price-collector", _scheduled("price-collection", at))
        if answer["commits"]:
            await self.troubles.collected_together("market_data", answer["failed"])

    async def _watch(self, at: int) -> None:
        await self._invoke("position-monitor", _scheduled("position-monitor", at))

    async def _mood(self, market_context: MarketContext, at: int) -> None:
        del market_context
        answer = await self._invoke("market-context", _scheduled("market-context", at))
        await self.troubles.collected("market_context", answer["failed"])

    async def _news(self, news_feed: NewsFeed, at: int) -> None:
        del news_feed
        answer = await self._invoke("news-collector", _scheduled("news-collection", at))
        await self.troubles.collected("news_feed", answer["failed"])

    async def _analyse(self, analysis: str, at: int, cause: str) -> None:
        """The state machine: components, absent where a function fails, then the aggregator."""
        about = {"analysis": analysis, "at": at}
        pairs = list(self._pairs)
        components = [
            await self._component("forecast", "chronos-caller", {**about, "pairs": pairs}),
            [
                [
                    await self._component("technical", "technical", {**about, "pairs": [pair]}),
                    await self._component(
                        "sentiment", "sentiment-getter", {**about, "pairs": [pair]}
                    ),
                ]
                for pair in pairs
            ],
        ]
        self.analyses += 1
        await self._invoke("aggregator", {**about, "cause": cause, "components": components})

    async def _component(self, component: str, name: str, event: Mapping[str, Any]) -> Any:
        try:
            return await self._invoke(name, event)
        except OutsideError:
            return {"component": component, "readings": {}}

    async def _act(self, at: int) -> None:
        waiting = self._ports.analysis_starter.waiting
        while waiting:
            await self._step("the analysis", self._analyse(*waiting.popleft()))
        queue = self._ports.order_queue
        while (message := await queue.receive()) is not None:
            event = queue_event(message.order, message.receipt, message.receives, at)
            answer = await self._invoke("order-executor", event)
            if not answer["batchItemFailures"]:
                await queue.done(message)
                continue
            failure = self._functions["order-executor"].failure
            if not isinstance(failure, Conflict):
                assert failure is not None, "a message failed, and nobody says why"
                raise failure


def _scheduled(schedule: str, at: int) -> dict[str, str]:
    """What EventBridge Scheduler sends."""
    return {"schedule": schedule, "time": iso(at)}


def queue_event(order: str, receipt: str, receives: int, at: int) -> dict[str, Any]:
    """What the event source of the FIFO queue sends for one message."""
    return {
        "Records": [
            {
                "messageId": f"{receipt}",
                "receiptHandle": f"{receipt}",
                "body": order,
                "attributes": {
                    "ApproximateReceiveCount": str(receives),
                    "SentTimestamp": str(at),
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "SequenceNumber": "18849496460467696128",
                    "MessageGroupId": "coincheck",
                    "MessageDeduplicationId": order,
                    "ApproximateFirstReceiveTimestamp": str(at),
                },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:ap-northeast-1:123456789012:order-queue.fifo",
                "awsRegion": "ap-northeast-1",
            }
        ]
    }
