"""A forecast counts, or momentum does and the reason is said; what is wrong is never scored."""

import asyncio
from math import nan

import attrs
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.forecaster.scripted import ScriptedForecaster
from adapters.read_models.in_memory import InMemoryReadModels
from application.commit import Log
from application.errors import Broken, Retryable
from application.ports.forecaster import Forecast
from application.scoring.score_forecast import score_forecast
from domain.events import Candle, PriceCollected
from domain.instant import CANDLE
from domain.parameters import STANDARD

AT = 1_735_700_400_000
ETH, BTC = "eth_usdt", "btc_usdt"
UP = Forecast("chronos-2", (100.0,) * 12, (101.0,) * 12, (102.0,) * 12, version="abc")


class Unchecked:
    """A plug that hands out whatever it is given."""

    def __init__(self, **answer) -> None:
        self.answer = answer

    async def forecast(self, series, steps, at):
        return self.answer


def score(forecaster, count=60):
    async def run():
        tables = InMemoryReadModels(SimulatedClock(AT))
        log = Log(InMemoryEventStore(tables), tables, "test")
        candles = [
            PriceCollected(Candle(pair, AT - n * CANDLE, 100.0, 101.0, 99.0, 100.0, 5.0))
            for pair in (ETH, BTC)
            for n in range(count, 0, -1)
        ]
        await log.append(log.commit("ticks", 1, candles, at=AT, correlation="", causation=""))
        return await score_forecast(
            (ETH, BTC), AT, tables=tables, forecaster=forecaster, parameters=STANDARD
        )

    return asyncio.run(run())


def test_model_and_version_stand_in_the_reading() -> None:
    found = score(ScriptedForecaster([{ETH: UP, BTC: attrs.evolve(UP, version="")}]))
    assert found[ETH].source == "chronos-2@abc"
    assert found[BTC].source == "chronos-2"
    assert found[ETH].score > 0.2
    assert found[ETH].fallback_reason is None


def test_one_call_has_all_pairs_and_typical_prices() -> None:
    plug = ScriptedForecaster(otherwise={ETH: UP, BTC: UP})
    score(plug)
    ((series, steps, at),) = plug.asked
    assert (list(series), steps, at) == ([ETH, BTC], 12, AT)
    assert series[ETH] == [(101.0 + 99.0 + 100.0) / 3.0] * 60


@pytest.mark.parametrize(
    "wrong",
    [
        attrs.evolve(UP, q50=(nan,) * 12),
        attrs.evolve(UP, q90=(102.0,) * 11),
        attrs.evolve(UP, q10=(101.5,) * 12),
        attrs.evolve(UP, q10=(-1.0,) * 12),
    ],
)
def test_whatever_plug_it_came_from_a_wrong_forecast_is_not_scored(wrong) -> None:
    found = score(Unchecked(**{ETH: wrong, BTC: UP}))
    assert found[ETH].source == "momentum"
    assert found[ETH].fallback_reason.startswith("Broken: eth_usdt: chronos-2@abc: ")
    assert found[BTC].source == "chronos-2@abc"


def test_a_broken_forecast_says_why() -> None:
    found = score(ScriptedForecaster([{ETH: Broken("eth_usdt: no good"), BTC: UP}]))
    assert found[ETH].fallback_reason == "Broken: eth_usdt: no good"


def test_a_call_that_failed_says_why_for_every_pair() -> None:
    found = score(ScriptedForecaster([Retryable("throttled")]))
    assert {one.fallback_reason for one in found.values()} == {"Retryable: throttled"}


def test_with_too_few_candles_nobody_is_asked() -> None:
    plug = ScriptedForecaster(otherwise={ETH: UP, BTC: UP})
    assert {one.source for one in score(plug, count=29).values()} == {"momentum"}
    assert plug.asked == []
