"""23:00 in Japan (14:00 UTC) across month and year ends: one report, one night of the tuner.

A change is looked at again 14 days after it, to the day, whatever the calendar does meanwhile.
"""

import json

import pytest

from adapters.proposer.scripted import ScriptedProposer
from adapters.report_archive.in_memory import InMemoryArchive
from application.improvements import improvements
from application.reporting.night_checks import NightChecks
from domain import events as e
from domain.instant import CANDLE, DAY, iso, parse
from domain.parameters import STANDARD
from entrypoints.local.night import Night
from entrypoints.local.steady import SteadyTrader
from tests.given.frozen import frozen
from tests.given.nights import HIGHER, Nights
from tests.given.stage import stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
EVENINGS = {
    "an ordinary evening": "2026-02-10T14:00:00",
    "month end": "2026-02-28T14:00:00",
    "the first of a month": "2026-03-01T14:00:00",
    "year end": "2025-12-31T14:00:00",
    "new year": "2026-01-01T14:00:00",
    "leap day": "2028-02-29T14:00:00",
}


@pytest.mark.parametrize("evening", EVENINGS)
async def test_at_23_00_and_no_minute_before_the_day_is_reported_and_the_tuner_asked(evening):
    at = parse(EVENINGS[evening])
    archive = InMemoryArchive()
    with stage(start=at - 3 * CANDLE) as it:
        night = Night(
            it.ports,
            archive=archive,
            evidence=None,
            checks=NightChecks,
            proposer=ScriptedProposer([{"buy_threshold": 0.28}]),
        )
        trader = SteadyTrader(it.ports, night=night)
        for tick in range(-3, 4):
            it.clock.move_to(at + tick * CANDLE)
            await trader.tick(at + tick * CANDLE)
            reports = [one.day for one in await it.events(e.DailyReportPublished)]
            assert reports == ([iso(at)[:10]] if tick >= 0 else [])
        refused = list(await it.events(e.TuningRefused))
        # a process that begins makes up for the evening before
        assert [one.day for one in refused] == [iso(at - DAY)[:10], *reports]
        assert all(one.gates for one in refused)
        content = json.loads(await archive.get(f"daily-{iso(at)[:10]}.json"))
        assert content["day"] == iso(at)[:10]
        assert content["end"] == iso(at)
        assert content["month"]["month"] == iso(at)[:7]


STARTS = {
    "over the year's end": "2025-10-29T00:00:00",
    "over the end of February": "2025-12-28T00:00:00",
    "over a leap day": "2027-12-28T00:00:00",
}


@pytest.mark.parametrize("start", STARTS)
async def test_a_change_is_reviewed_14_days_after_it_to_the_day(start):
    first = parse(STARTS[start])
    evening = first + 60 * DAY + 14 * 3_600_000
    with frozen(first):
        nights = Nights(start=first)
        await nights.prices(0, 60)
        await nights.trades(evening)
        _, changed = await nights.night(evening)
        assert isinstance(changed, e.ParametersChanged)
        await nights.prices(61, 14)
        for day in range(1, 14):
            (rested,) = await nights.night(evening + day * DAY)
            assert isinstance(rested, e.TuningRefused)
            assert "rest" in [gate.gate for gate in rested.gates]
        assert await nights.night(evening + 14 * DAY - CANDLE) == []
        reviewed = (await nights.night(evening + 14 * DAY))[0]
        assert isinstance(reviewed, e.ParametersReviewed)
        assert (reviewed.change, reviewed.day) == (changed.change, iso(evening + 14 * DAY)[:10])
        assert reviewed.kept
        (one,) = (await improvements(nights.log.store, STANDARD)).changes
        assert (one.state, one.at) == ("kept", evening)


async def test_a_change_that_turns_out_wrong_is_taken_back_after_14_days():
    first = parse(STARTS["over the year's end"])
    evening = first + 60 * DAY + 14 * 3_600_000
    with frozen(first):
        nights = Nights(start=first)
        await nights.prices(0, 60)
        await nights.trades(evening)
        await nights.night(evening, HIGHER)
        nights.loss = -0.03  # from now on a weak score is followed by a gain
        await nights.prices(61, 14)
        reviewed, back = await nights.night(evening + 14 * DAY)
        assert isinstance(reviewed, e.ParametersReviewed)
        assert not reviewed.kept
        assert isinstance(back, e.ParametersRolledBack)
        assert back.moves == (e.ParameterMove("buy_threshold", 0.28, 0.25),)
