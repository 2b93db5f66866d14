"""In Extreme Fear (F&G 14) a forecast of +1.000 led to two losing buys.

What must hold: at F&G <= 20 the buy threshold is 1.35 times as high, at >= 80 1.20 times. The
sell threshold stays where it is.
"""

import pytest

import domain.events as e
from application.ports.forecaster import Forecast
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


class Mood:
    """Fear & Greed as told, funding and dominance neutral."""

    def __init__(self, fear_greed):
        self.fear_greed = fear_greed

    failures = {}  # noqa: RUF012 - never changed

    async def reading(self, now):
        return e.MarketContextCollected(self.fear_greed, 0.0, 6, 50.0)


class Certain:
    """A forecast of far over +3 % for the first coin: score 1.000; nothing for the others."""

    async def forecast(self, series, steps, at):
        path = tuple(USDT * (1.05 + 0.005 * step) for step in range(steps))
        return {ETH: Forecast("chronos-2", path, path, path)}


@pytest.mark.parametrize(
    ("fear_greed", "factor", "is_bought"),
    [(14, 1.35, False), (20, 1.35, False), (21, 1.0, True), (50, 1.0, True), (79, 1.0, True),
     (80, 1.2, False), (90, 1.2, False)],
)  # fmt: skip
async def test_a_certain_forecast_alone_does_not_buy_in_fear_or_greed(
    fear_greed, factor, is_bought
):
    given = {"before": 60, "market_context": Mood(fear_greed), "forecaster": Certain()}
    with stage(**given) as it:
        # the mood itself counts too: an opinion makes up for it, so that the total is 0.29
        mood = 0.15 * 0.5 * fear_score(fear_greed)
        await it.ticks(6, eth=-1.0)  # until the first reading of the mood is there
        await it.ticks(1, eth=(0.29 - mood - 0.43) / 0.27)
        signal = [one for one in await it.events(e.SignalScored) if one.pair == ETH][-1]
        assert signal.forecast.score == 1.0
        assert signal.total == pytest.approx(0.29)
        limits = signal.thresholds
        assert limits.fear_factor == factor
        assert limits.buy == pytest.approx(0.25 * factor)
        assert limits.sell == pytest.approx(-0.13)
        assert bool(it.sent) is is_bought
        if not is_bought:
            decided = (await it.events(e.DecisionMade))[-1]
            guards = {one.pair: one.guard for one in decided.refused}
            assert guards[ETH] == "buy_threshold"


def fear_score(f):
    """Section 4 of the strategy, for the values used here."""
    if f <= 25:
        return 0.1 + 0.027 * (25 - f)
    if 45 <= f <= 55:
        return 0.0
    return -0.005 * (f - 55) if f <= 75 else -0.1 - 0.027 * (f - 75)


async def test_selling_is_as_easy_in_fear_as_ever():
    with stage(market_context=Mood(50)) as it:
        await it.ticks(1, eth=0.9)
        (opened,) = await it.events(e.PositionOpened)
        it.ports.market_context.fear_greed = 14
        await it.ticks(12, eth=-0.55)  # -0.19 + 0.03 for the mood: under -0.13
        (closed,) = await it.events(e.PositionClosed)
        assert (closed.position, closed.reason) == (opened.position, e.Reason.SIGNAL)
        signal = [one for one in await it.events(e.SignalScored) if one.pair == ETH][-1]
        assert (signal.thresholds.fear_factor, signal.thresholds.sell) == (1.35, -0.13)
