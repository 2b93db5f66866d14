"""What a human hears of a trade from analysis to exit, and that a dead line changes no trade."""

import re
from pathlib import Path

import httpx
import pytest

import domain.events as e
from adapters.clock.simulated import SimulatedClock
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.notifier.slack.webhook import SlackNotifier, slack_client
from adapters.notifier.slack.words import words_of
from adapters.notifier.slack_fake import PATH
from application.messages import Happened, Ranking
from entrypoints.local import trader
from tests.given.stage import ETH, USDT, stage

SOURCE = Path(trader.__file__).read_text(encoding="utf-8")
pytestmark = pytest.mark.asyncio(loop_scope="function")
FALLS = {ETH: [USDT, USDT, USDT * 1.04, USDT * 0.9]}


class Dead(httpx.AsyncBaseTransport):
    """A line that gives every request another failure."""

    def __init__(self) -> None:
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        kinds = (httpx.ReadTimeout("x"), httpx.ConnectError("x"), RuntimeError("x"), OSError("x"))
        raise kinds[self.asked % len(kinds)]


async def events_of(notifier) -> list[e.Event]:
    """All that happens while ETH is bought, rises, and falls through its stop."""
    with stage(FALLS, notifier=notifier) as it:
        await it.ticks(1, eth=0.9)
        await it.ticks(4, eth=0.0)
        await it.judge_the_end()
        return [event async for _, commit in it.book.read_all() for event in commit.events]


async def test_a_human_hears_of_a_trade_from_analysis_to_exit():
    notifier = InMemoryNotifier(wants_routine=True)
    happened = await events_of(notifier)
    rankings = [one for one in notifier.messages if isinstance(one, Ranking)]
    assert len(rankings) == len([one for one in happened if isinstance(one, e.DecisionMade)])
    assert [len(one.positions) for one in rankings[:3]] == [0, 1, 1]
    assert rankings[2].positions[0].gain.amount > 0
    told = [type(one.event) for one in notifier.messages if isinstance(one, Happened)]
    assert told == [
        e.OrderFilled, e.TrailingStopRaised, e.StopLossHit, e.OrderFilled, e.PositionClosed,
    ]  # fmt: skip


async def test_a_dead_line_changes_nothing_of_what_happens():
    dead = Dead()
    slack = SlackNotifier(
        f"https://hooks.slack.com{PATH}", client=slack_client(dead), clock=SimulatedClock()
    )
    assert await events_of(slack) == await events_of(InMemoryNotifier())
    assert (slack.posted, dead.asked > 0, slack.failures >= dead.asked) == (0, True, True)


PARTS = ("funding", "fear & greed", "dominance")


async def test_every_part_of_a_tick_has_a_name_in_words():
    names = re.findall(r'\("([a-z\' ]+)", (?:self|commits)', SOURCE)
    names += re.findall(r'collected(?:_together)?\("([a-z_]+)"', SOURCE)
    assert len({*names}) == 9
    names += ["the daily report", *(f"market_context/{one}" for one in PARTS)]
    assert {*names} <= words_of("ja").table["tasks"].keys()
