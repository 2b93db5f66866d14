"""A missing technical score defaulted to 0.5 on a scale of -1 to 1: a strong buy from an error.

What must hold: a component that failed is absent and counts 0; a pair without a technical score
cannot be bought, however good the rest of it looks.
"""

import pytest

import domain.events as e
from adapters.technical_scorer.windowed import WindowedScorer
from application.errors import Retryable
from application.ports.forecaster import Forecast
from tests.given.stage import ETH, SOL, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")


class Certain:
    """Every coin of which there are candles is about to rise: score 1.000."""

    async def forecast(self, series, steps, at):
        path = tuple(USDT * (1.05 + 0.005 * step) for step in range(steps))
        return {pair: Forecast("chronos-2", path, path, path) for pair in series}


def with_real_scores(it):
    """The live scorer on the stored candles, in place of opinions."""
    it.given["technical_scorer"] = WindowedScorer(it.tables, it.parameters)
    it.restart()


async def guards(it, pair=ETH):
    """The guard that stopped a pair in each analysis, or None where it was traded."""
    return [
        {one.pair: one.guard for one in decided.refused}.get(pair)
        for decided in await it.events(e.DecisionMade)
    ]


async def test_with_too_few_candles_there_is_no_score_and_no_buy():
    # 41 candles are stored at the first tick; the technical score needs 50, the forecast 30
    with stage(coins=("ETH",), before=40, forecaster=Certain()) as it:
        with_real_scores(it)
        await it.ticks(12)
        signals = await it.signals()
        absent = [one for one in signals if one.technical is None]
        assert len(absent) == 9
        assert signals[:9] == absent
        for one in absent:
            assert one.components.technical is None
            assert one.components.forecast == 1.0
            # exactly the forecast's share, which alone would buy
            assert one.total == pytest.approx(one.weights.forecast)
            assert one.total > one.thresholds.buy
        assert await guards(it) == ["no_technical"] * 9 + [None] + ["sell_threshold"] * 2
        assert len(it.sent) == 1
        await it.judge_the_end()


async def test_when_candles_stop_coming_the_old_score_does_not_live_on():
    with stage(coins=("ETH", "SOL"), before=260, forecaster=Certain()) as it:
        with_real_scores(it)

        def broken(name, answer):
            return answer | {ETH: Retryable("HTTP 502")}

        it.market_data.after = broken
        await it.ticks(6)
        # nothing of it was ever stored; the other coin is scored, and bought instead
        assert {one.technical for one in await it.signals()} == {None}
        assert {one.forecast for one in await it.signals()} == {None}
        assert {one.total for one in await it.signals()} == {0.0}
        assert {one.pair for one in it.sent} == {SOL}
        it.market_data.heal()
        await it.ticks(1)
        assert [one.pair for one in it.sent] == [SOL, ETH]


async def test_a_score_of_candles_older_than_a_quarter_of_an_hour_is_absent():
    with stage(coins=("ETH",), before=260) as it:
        with_real_scores(it)
        await it.ticks(1)
        it.market_data.after = lambda _, answer: {ETH: Retryable("HTTP 502")}
        # no candle, no move: an analysis comes by the interval of five minutes
        await it.ticks(6)
        found = [one.technical is not None for one in await it.signals()]
        assert found == [True, True, True, True, False, False, False]


async def test_an_opinion_that_is_missing_is_not_half_a_buy():
    with stage(coins=("ETH",)) as it:
        await it.ticks(3, eth=None)
        assert {one.total for one in await it.signals()} == {0.0}
        assert it.sent == []
        assert await guards(it) == ["no_technical"] * 3
