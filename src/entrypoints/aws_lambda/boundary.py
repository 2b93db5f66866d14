"""What all functions share: settings read once, one use case run, its reactions sent.

    Lambda -> Function(event, context) -> settings, plugs (first call only) -> work -> JSON

A failure leaves the function as it is: whoever called it knows its name, tries again or marks
the component absent, and the runtime's own error line reaches a human through error-remediator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from application.errors import Conflict, OutsideError
from application.reactions import Reactions
from entrypoints.wiring.injector import plug, providers

if TYPE_CHECKING:
    from application.ports.notifier import Notifier
    from domain.events import Commit
    from entrypoints.aws_lambda.settings import Function as Settings
    from entrypoints.wiring.environment import Environment

NAMESPACE: Final = "CryptoTrader"
MARGIN_S: Final = 6.0
"""Seconds before a function's end at which its work should have ended."""
LAST_WORDS_S: Final = 4.0

Work = Callable[["Call"], Awaitable[Mapping[str, Any]]]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Call:
    """One invocation: what came, where the plugs are, and how long it may take."""

    event: Mapping[str, Any]
    environment: Environment
    seconds: float
    """Left when it began, less a margin."""
    log: Callable[..., None]
    """A structured line: words, and fields by name."""
    count: Callable[[str, float], None]
    """Adds to a metric."""

    def at(self) -> int:
        """The 5-minute boundary that the event is about (ms): its own, or the schedule's."""
        from domain.instant import parse, tick_of

        at = self.event.get("at")
        if isinstance(at, int):
            return at
        scheduled = self.event.get("time")
        if isinstance(scheduled, str) and scheduled:
            return tick_of(parse(scheduled))
        return tick_of(self.environment.clock().now())

    async def react(self, commits: tuple[Commit, ...]) -> None:
        """Send what follows from what was recorded."""
        if not commits:
            return
        environment = self.environment
        await Reactions(
            environment.analysis_starter(),
            environment.order_queue(),
            environment.notifier(),
            environment.ranker(),
        ).to(commits)


class Function:
    """A handler. `environment` is a provider: whoever runs it elsewhere overrides that alone."""

    def __init__(self, name: str, settings: type[Settings], work: Work) -> None:
        self.name = name
        self.settings = settings
        self._work = work
        self.environment: providers.Provider = providers.Singleton(self._environment)
        self.tools: providers.Provider = providers.Singleton(
            plug("entrypoints.aws_lambda.tools:Tools"), name
        )
        self._runner: providers.Provider = providers.Singleton(asyncio.Runner)
        self.failure: OutsideError | None = None
        """Of the newest invocation, for a caller that is told of none, as a queue's."""

    def _environment(self) -> Environment:
        import os

        from entrypoints.aws_lambda.settings import read
        from entrypoints.wiring.on_aws import on_aws

        return on_aws(self.name, read(self.settings, os.environ))

    def __call__(self, event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        """Run the use case. Raises what it raises; the answer is JSON."""
        tools = self.tools()
        self.failure = None
        with tools.invocation(event, context):
            environment = self.environment()
            left = getattr(context, "get_remaining_time_in_millis", None)
            call = Call(
                event=event,
                environment=environment,
                seconds=left() / 1000 - MARGIN_S if left is not None else 20.0,
                log=tools.log,
                count=tools.count,
            )
            try:
                answer = self._runner().run(self._answer(call))
            except Conflict as lost:
                self.failure = lost
                tools.log("somebody else was faster: expected behavior", reason=str(lost))
                raise
            except OutsideError as failure:
                self.failure = failure
                tools.log("failed", kind=type(failure).__name__, reason=str(failure))
                raise
            tools.log("done", **answer)
            return dict(answer)

    async def _answer(self, call: Call) -> Mapping[str, Any]:
        answer = await self._work(call)
        await _last_words(call.environment.notifier())
        return answer


async def _last_words(notifier: Notifier) -> None:
    """What a webhook could not take at once is said before the process sleeps."""
    flush = getattr(notifier, "flush", None)
    if flush is not None:
        await flush(LAST_WORDS_S)
