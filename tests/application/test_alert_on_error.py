"""An error in a function's log reaches a human once in half an hour."""

import asyncio

import attrs

from adapters.analysis_starter.in_process import InProcessStarter
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.order_queue.in_memory import InMemoryOrderQueue
from adapters.read_models.in_memory import InMemoryReadModels
from application.commit import Log
from application.messages import ErrorSeen
from application.reactions import Reactions
from application.upkeep.alert_on_error import alert_on_error
from domain.events import ErrorDetected
from domain.upkeep.alert_cooldown import COOLDOWN

AT = 1_760_000_000_000


@attrs.frozen
class Office:
    """A log, and somebody who hears."""

    clock: SimulatedClock = attrs.Factory(lambda: SimulatedClock(AT))
    notifier: InMemoryNotifier = attrs.Factory(InMemoryNotifier)
    store: InMemoryEventStore = attrs.Factory(
        lambda: InMemoryEventStore(InMemoryReadModels(SimulatedClock(AT)))
    )

    def hears(self, source: str, *lines: str, at: int = AT) -> list[ErrorDetected]:
        log = Log(self.store, InMemoryReadModels(self.clock), "remediator")
        commits = asyncio.run(alert_on_error(source, lines, at, log=log))
        reactions = Reactions(InProcessStarter(), InMemoryOrderQueue(self.clock), self.notifier)
        asyncio.run(reactions.to(commits))
        return [one for commit in commits for one in commit.events]  # type: ignore[misc]


def test_an_error_is_told_with_the_function_it_came_from() -> None:
    office = Office()
    assert office.hears("technical", "[INFO] fine", "[ERROR] no candles", "[ERROR] again") == [
        ErrorDetected("technical", "[ERROR] no candles", 2)
    ]
    assert office.notifier.messages == [ErrorSeen("technical", "[ERROR] no candles", AT)]


def test_lines_without_an_error_leave_nothing() -> None:
    office = Office()
    assert office.hears("technical", "START", "[INFO] fine") == []
    assert office.store.commits == []


def test_it_is_quiet_for_half_an_hour_and_then_told_again() -> None:
    office = Office()
    for at in (AT, AT + 1, AT + COOLDOWN - 1, AT + COOLDOWN, AT + COOLDOWN + 1):
        office.hears("technical", "[ERROR] no candles", at=at)
    assert [one.at for one in office.notifier.messages] == [AT, AT + COOLDOWN]


def test_each_function_has_a_cooldown_of_its_own() -> None:
    office = Office()
    for source in ("technical", "aggregator", "technical"):
        office.hears(source, "[ERROR] no candles")
    assert [one.source for one in office.notifier.messages] == ["technical", "aggregator"]
