"""What all functions share: settings read once, one use case run, its reactions sent.

    Lambda -> Function(event, context) -> settings, plugs (first call only) -> work -> JSON

A failure leaves the function as it is: whoever called it knows its name, tries again or marks
the component absent, and the runtime's own error line reaches a human through error-remediator.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import attrs

from application.errors import Conflict, OutsideError
from application.reactions import Reactions
from domain.instant import parse, tick_of
from entrypoints.aws_lambda.settings import read
from entrypoints.wiring.injector import plug, providers
from entrypoints.wiring.on_aws import WHERE, on_aws

if TYPE_CHECKING:
    from application.ports.notifier import Notifier
    from domain.events import Commit
    from entrypoints.aws_lambda.settings import Function as Settings
    from entrypoints.wiring.environment import Environment

MARGIN_S: Final = 6.0
"""Seconds before a function's end at which its work should have ended."""
LAST_WORDS_S: Final = 4.0

TABLES: Final = ("clock", "tables")
"""Plugs of a function that reads."""
LOG: Final = (*TABLES, "log", "event_store")
"""Plugs of a function that writes."""
TOLD: Final = ("notifier", "ranker")
"""Plugs of a function that tells a human of what is held."""

Work = Callable[["Call"], Awaitable[Mapping[str, Any]]]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Call:
    """One invocation: what came, where the plugs are, and how long it may take."""

    event: Mapping[str, Any]
    environment: Environment
    plugs: frozenset[str]
    seconds: float
    """Left when it began, less a margin."""
    log: Callable[..., None]
    """A structured line: words, and fields by name."""
    count: Callable[[str, float], None]
    """Adds to a metric."""

    def at(self) -> int:
        """The 5-minute boundary that the event is about (ms): its own, or the schedule's."""
        at = self.event.get("at")
        if isinstance(at, int):
            return at
        scheduled = self.event.get("time")
        if isinstance(scheduled, str) and scheduled:
            return tick_of(parse(scheduled))
        return tick_of(self.environment.clock().now())

    async def react(self, commits: tuple[Commit, ...]) -> None:
        """Send what follows from what was recorded, as far as this function may send."""
        if not commits:
            return
        environment, plugs = self.environment, self.plugs
        told = "notifier" in plugs
        await Reactions(
            environment.analysis_starter() if "analysis_starter" in plugs else NOWHERE,
            environment.order_queue() if "order_queue" in plugs else NOWHERE,
            environment.notifier() if told else NOWHERE,
            environment.ranker() if told and "ranker" in plugs else None,
        ).to(commits)


class Nowhere:
    """Stands where a function has nothing to send; that it would is a bug, and said."""

    wants_routine = False

    async def start(self, analysis: str, at: int, cause: str) -> None:
        """No analysis is started here."""
        raise AssertionError(f"analysis {analysis} of {at} ({cause}) was asked for here")

    async def send(self, order: str) -> None:
        """No order is sent from here."""
        raise AssertionError(f"order {order} was asked for here")

    async def receive(self) -> None:
        """There is no queue here."""

    async def done(self, message: object) -> None:
        """There is no queue here."""

    async def dead(self) -> tuple[str, ...]:
        """There is no queue here."""
        return ()

    async def tell(self, message: object) -> None:
        """Nobody is told from here."""


NOWHERE: Final = Nowhere()


class Function:
    """A handler. `environment` is a provider: whoever runs it elsewhere overrides that alone.

    `plugs` are the sockets that it uses. Where Lambda runs it their modules are imported with it,
    for the start of a process has more of a processor than its calls; nothing is built then.
    """

    def __init__(
        self, name: str, settings: type[Settings], work: Work, *, plugs: tuple[str, ...]
    ) -> None:
        self.name = name
        self.settings = settings
        self.plugs = frozenset(plugs)
        self._work = work
        if "AWS_LAMBDA_RUNTIME_API" in os.environ:
            for module in self.modules:
                import_module(module)
        self.environment: providers.Provider = providers.Singleton(self._environment)
        self.tools: providers.Provider = providers.Singleton(
            plug("entrypoints.aws_lambda.tools:Tools"), name
        )
        self._runner: providers.Provider = providers.Singleton(asyncio.Runner)
        self.failure: OutsideError | None = None
        """Of the newest invocation, for a caller that is told of none, as a queue's."""

    @property
    def modules(self) -> tuple[str, ...]:
        """Where its plugs are made."""
        return tuple(WHERE[name].partition(":")[0] for name in sorted(self.plugs))

    def _environment(self) -> Environment:
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
                plugs=self.plugs,
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
            # readings go to the next state, and a log of them would cost more than the function
            tools.log("done", **{name: one for name, one in answer.items() if name != "readings"})
            return dict(answer)

    async def _answer(self, call: Call) -> Mapping[str, Any]:
        answer = await self._work(call)
        if "notifier" in self.plugs:
            await _last_words(call.environment.notifier())
        return answer


async def _last_words(notifier: Notifier) -> None:
    """What a webhook could not take at once is said before the process sleeps."""
    flush = getattr(notifier, "flush", None)
    if flush is not None:
        await flush(LAST_WORDS_S)
