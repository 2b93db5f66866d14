"""Event -> what is sent because of it. A reaction only sends; whatever decides is a use case.

AnalysisTriggered     -> analysis starter
OrderRequested        -> order queue
trouble and trades    -> notifier
decision, raised stop -> notifier, where it wants routine
the day's report      -> notifier
an error in a log     -> notifier
"""

from collections.abc import Iterable
from typing import Final, get_args

import attrs

from application.errors import OutsideError
from application.messages import DailyReport, ErrorSeen, Happened, ToldEvent
from application.ports.analysis_starter import AnalysisStarter
from application.ports.notifier import Notifier
from application.ports.order_queue import OrderQueue
from application.ranking import Ranker
from domain.events import (
    AnalysisTriggered,
    Commit,
    DailyReportPublished,
    DecisionMade,
    ErrorDetected,
    Event,
    OrderRequested,
    TrailingStopRaised,
)
from domain.events.recorded import event_id

ACTED_ON: Final = frozenset({AnalysisTriggered, OrderRequested})
"""Events that the trading itself goes on from."""
ROUTINE: Final = frozenset({DecisionMade, TrailingStopRaised})
"""Events that only a notifier that wants routine hears of."""
TOLD: Final = frozenset(get_args(ToldEvent)) | ROUTINE | {DailyReportPublished, ErrorDetected}
"""Events that a human hears of."""
SENT: Final = TOLD | ACTED_ON
"""Events that anything is sent for."""


@attrs.frozen(slots=True, weakref_slot=False)
class Reactions:
    """Where things are sent. Without a ranker no rankings are."""

    analysis_starter: AnalysisStarter
    order_queue: OrderQueue
    notifier: Notifier
    ranker: Ranker | None = None
    _sent: frozenset[type] = attrs.field(init=False)

    @_sent.default
    def _what_is_sent(self) -> frozenset[type]:
        return SENT if self.notifier.wants_routine else SENT - ROUTINE

    async def to(self, commits: Iterable[Commit]) -> None:
        """Send what follows from what was just recorded: what is traded on first, then words.

        What was decided stands when a sending fails: an order is sent again at the next tick,
        an analysis follows the next price, and a notifier that fails changes nothing.
        """
        words: list[tuple[Event, Commit]] = []
        for commit in commits:
            if self._sent.isdisjoint(map(type, commit.events)):
                continue  # by far the most: prices, and peaks that went up
            for offset, event in enumerate(commit.events):
                if type(event) in ACTED_ON:
                    await self._act(event, commit, offset)
                elif type(event) in self._sent:
                    words.append((event, commit))
        for event, commit in words:
            await self._tell(event, commit)

    async def _act(self, event: Event, commit: Commit, offset: int) -> None:
        try:
            if isinstance(event, AnalysisTriggered):
                cause = event_id(commit.stream, commit.version + offset)
                await self.analysis_starter.start(event.analysis, commit.at, cause)
            elif isinstance(event, OrderRequested):
                await self.order_queue.send(event.order)
        except OutsideError:
            return

    async def _tell(self, event: Event, commit: Commit) -> None:
        try:
            if isinstance(event, ToldEvent):
                await self.notifier.tell(Happened(event, commit.at))
            elif isinstance(event, DecisionMade) and self.ranker is not None:
                ranking = await self.ranker.ranking(event, commit)
                if ranking is not None:
                    await self.notifier.tell(ranking)
            elif isinstance(event, DailyReportPublished):
                await self.notifier.tell(await self._report(event))
            elif isinstance(event, ErrorDetected):
                await self.notifier.tell(ErrorSeen(event.source, event.detail, commit.at))
        except OutsideError:
            return

    async def _report(self, event: DailyReportPublished) -> DailyReport:
        """The report in short, with what is held now, where somebody knows."""
        try:
            positions = await self.ranker.positions() if self.ranker is not None else ()
            notes: tuple[str, ...] = ()
        except OutsideError as failure:
            positions, notes = (), (f"positions: {failure}",)
        return DailyReport(
            day=event.day,
            analyses=event.analyses,
            buys=event.buys,
            sells=event.sells,
            wins=event.wins,
            losses=event.losses,
            gain=event.gain,
            fees=event.fees,
            equity=event.equity,
            positions=positions,
            market=event.market,
            breaker_open=event.breaker_open,
            balanced=event.balanced,
            head=event.head,
            decisions=event.decisions,
            equal=event.equal,
            news_calls=event.news_calls,
            notes=notes,
        )
