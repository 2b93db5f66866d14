"""A function that fails all day is told of every half hour, whoever tells and however often."""

import pytest

import domain.events as e
from application.messages import ErrorSeen
from application.reactions import Reactions
from application.upkeep.alert_on_error import alert_on_error
from domain.instant import MINUTE, SECOND
from tests.given.stage import stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
LINE = '{"level": "ERROR", "message": "no answer from Binance"}'


async def failed(it, source="price-collector"):
    """The same line reaches the remediator twice, as log filters may deliver it."""
    ports = it.ports
    for _ in range(2):
        commits = await alert_on_error(source, [LINE], it.clock.now(), log=ports.log)
        await Reactions(ports.analysis_starter, ports.order_queue, ports.notifier).to(commits)


def told(it):
    return [one.at for one in it.notifier.port.messages if isinstance(one, ErrorSeen)]


async def test_once_in_half_an_hour_to_the_second_and_across_restarts():
    with stage() as it:
        await it.ticks(1)
        began = it.clock.now()
        for minutes in range(0, 91, 5):
            it.clock.move_to(began + minutes * MINUTE)
            it.restart()  # the remediator remembers nothing but the log
            await failed(it)
        assert told(it) == [began + minutes * MINUTE for minutes in (0, 30, 60, 90)]
        it.clock.move_to(began + 120 * MINUTE - SECOND)
        await failed(it)
        assert len(told(it)) == 4
        it.clock.move_to(began + 120 * MINUTE)
        await failed(it)
        assert len(told(it)) == len(await it.events(e.ErrorDetected)) == 5


async def test_one_function_does_not_silence_another_nor_the_trader():
    with stage() as it:
        await failed(it)
        await failed(it, "technical")
        assert len(told(it)) == 2
        await it.ticks(6, eth=0.9)
        assert await it.open(), "it trades while it is told of errors"
        await it.judge_the_end()
