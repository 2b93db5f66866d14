"""Six parallel forecasts met an endpoint that takes two: throttled, and an alert storm.

What happened: the retries' log lines matched the error filter; every one of them was an alert.

What must hold: the model is asked once for all six coins. When it stays throttled, momentum
scores instead, with confidence 0.1 and the reason beside it; nobody is alarmed, nothing is
logged as a warning or worse, and the next analysis asks again.
"""

import logging

import pytest

import domain.events as e
from application.errors import Refused, Retryable
from application.ports.forecaster import Forecast
from tests.given.lines import Line, failing
from tests.given.stage import ETH, USDT, stage

pytestmark = pytest.mark.asyncio(loop_scope="function")
SIX = ("ETH", "BTC", "XRP", "SOL", "DOGE", "AVAX")
THROTTLED = Retryable("ThrottlingException: MaxConcurrency 2 reached (HTTP 429)")


class Model:
    """A forecast of a small rise for every pair."""

    async def forecast(self, series, steps, at):
        path = (USDT * 1.01,) * steps
        return {pair: Forecast("chronos-2", path, path, path) for pair in series}


@pytest.mark.parametrize("failure", [THROTTLED, Refused("there is no endpoint")])
async def test_momentum_scores_with_confidence_a_tenth_and_nobody_is_alarmed(failure, caplog):
    caplog.set_level(logging.DEBUG)
    model = Line(Model(), failing(failure))
    rise = {ETH: [USDT] * 3 + [USDT * 1.01]}
    with stage(rise, coins=SIX, before=40, forecaster=model) as it:
        await it.ticks(12)
        signals = await it.events(e.SignalScored)
        assert len(signals) == 12 * 6
        for one in signals:
            assert one.forecast.source == "momentum"
            assert one.forecast.confidence == 0.1
            assert str(failure) in one.forecast.fallback_reason
            assert one.weights.forecast == pytest.approx(0.35 - 0.064)
        # up by 1 % over 5 and over 10 candles: (0.6 x 1 + 0.4 x 1) / 2, damped by 0.1 / 0.3
        risen = next(one for one in signals[18:] if one.pair == ETH)
        assert risen.forecast.score == pytest.approx(0.5)
        assert risen.components.forecast == pytest.approx(0.5 / 3)
        assert model.calls["forecast"] == 12  # once an analysis, not once a coin
        assert it.said == []
        assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_the_model_counts_again_as_soon_as_it_answers():
    model = Line(Model(), failing(THROTTLED, times=2))
    with stage(coins=SIX, before=40, forecaster=model) as it:
        await it.ticks(4)
        sources = [one.forecast.source for one in await it.events(e.SignalScored)]
        assert sources == ["momentum"] * 12 + ["chronos-2"] * 12
        assert model.calls["forecast"] == 4
        assert all(
            one.forecast.fallback_reason is None for one in (await it.events(e.SignalScored))[12:]
        )
        assert it.said == []


async def test_a_pair_that_the_model_left_out_falls_back_alone():
    model = Line(
        Model(),
        after=lambda _, answer: {p: one for p, one in answer.items() if p != ETH},
    )
    with stage(coins=SIX, before=40, forecaster=model) as it:
        await it.ticks(1)
        found = {one.pair: one.forecast.source for one in await it.events(e.SignalScored)}
        assert found.pop(ETH) == "momentum"
        assert set(found.values()) == {"chronos-2"}
