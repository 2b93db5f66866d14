"""When a day is over it is reported and anchored once; what fails is made up."""

import json

import pytest

from adapters.event_store.sqlite_chain import SqliteHashChain
from adapters.report_archive.in_memory import InMemoryArchive
from adapters.sqlite_file import open_log
from application.errors import Retryable
from application.reporting.night_checks import NightChecks
from domain import events as e
from domain.instant import CANDLE, DAY, HOUR
from entrypoints.local.night import Night
from entrypoints.local.steady import SteadyTrader
from tests.given.frozen import TICK_0
from tests.given.stage import stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
EVENING = TICK_0 - TICK_0 % DAY + 14 * HOUR
if EVENING <= TICK_0:
    EVENING += DAY


def nothing() -> NightChecks:
    return NightChecks()


async def evening(it, trader: SteadyTrader, ticks: int = 3) -> None:
    """A tick just before 23:00 in Japan, and some from then on."""
    for at in (EVENING - CANDLE, *(EVENING + n * CANDLE for n in range(ticks))):
        it.clock.move_to(at)
        await trader.tick(at)


def night_of(it, folder, archive) -> Night:
    evidence = SqliteHashChain(open_log(folder / "log.sqlite", create=False))
    return Night(it.ports, archive=archive, evidence=evidence, checks=nothing)


async def test_a_day_is_reported_anchored_and_told_once(tmp_path) -> None:
    archive = InMemoryArchive()
    with stage(folder=tmp_path) as it:
        await it.ticks(2)
        trader = SteadyTrader(it.ports, night=night_of(it, tmp_path, archive))
        await evening(it, trader)
        (published,) = await it.events(e.DailyReportPublished)
        assert len(await it.events(e.LogAnchored)) == 1
        content = json.loads(await archive.get(published.file))
        assert content["schema_version"] == 1
        assert sum(published.day in one for one in it.notifier.said) == 1
        # a process that starts again has nothing to add
        again = SteadyTrader(it.ports, night=night_of(it, tmp_path, archive))
        await again.tick(EVENING + 4 * CANDLE)
        assert len(await it.events(e.DailyReportPublished)) == 1
        assert (trader.errors, again.errors) == (0, 0)


async def test_an_archive_that_is_away_is_told_once_and_asked_again(tmp_path) -> None:
    class Away(InMemoryArchive):
        """Comes back at the third attempt."""

        asked = 0

        async def put(self, name: str, content: bytes) -> None:
            self.asked += 1
            if self.asked < 3:
                raise Retryable("no disk")
            await super().put(name, content)

    with stage(folder=tmp_path) as it:
        await it.ticks(2)
        trader = SteadyTrader(it.ports, night=night_of(it, tmp_path, Away()))
        await evening(it, trader, ticks=4)
        assert len(await it.events(e.DailyReportPublished)) == 1
        said = [one for one in it.notifier.said if "daily report" in one]
        assert said == [
            "the daily report fails: no disk; it is tried again",
            "the daily report works again",
        ]
