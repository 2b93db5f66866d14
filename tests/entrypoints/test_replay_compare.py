"""`replay --compare`: a log's inputs traded again, as they were and as they might have been."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application.errors import ConfigurationError, InputError
from domain import events as e
from domain.instant import CANDLE
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.counterfactual.bootstrap import LEAST_DAYS, total_interval
from entrypoints.counterfactual.compare import (
    COMPONENTS,
    ImpliedYen,
    changed,
    without_component,
    yen_of,
)
from entrypoints.counterfactual.recorded_inputs import ArrivedMarketData, recorded_inputs
from tests.entrypoints.test_commands import run

CANDLES = Path(__file__).parents[2] / "examples" / "candles"
WORDS = ("--candles", str(CANDLES), "--usdjpy", "157", "--cash", "300000", "--to", "2025-01-04")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compare") / "e.sqlite"


@pytest.fixture(scope="module")
def backtest(log: Path) -> dict:
    return json.loads(run("backtest", *WORDS, "--events", str(log), "--json").stdout)


def told(log: Path, *words: str) -> dict:
    return json.loads(run("replay", str(log), "--compare", "--json", *words).stdout)


def test_without_a_change_both_sides_are_the_backtest_to_the_yen(backtest: dict, log: Path) -> None:
    found = told(log, "--usdjpy", "157")
    assert found["difference_jpy"] == 0
    assert found["decided_otherwise"] == 0
    assert found["base"] == found["other"]
    assert found["base"]["equity_jpy"] == round(backtest["equity"], 2)
    assert found["base"]["trades"] == backtest["trades_closed"] > 0
    assert found["interval_95_jpy"] is None  # three days


def test_the_yen_that_orders_were_quoted_in_is_nearly_the_one_that_was_given(
    backtest: dict, log: Path
) -> None:
    found = told(log)
    assert found["base"]["gain_jpy"] == pytest.approx(backtest["gain"], abs=1)
    assert "orders on the log" in found["yen"]


def test_another_threshold_trades_otherwise_and_a_human_reads_it(backtest: dict, log: Path) -> None:
    found = told(log, "--set", "buy_threshold=0.4")
    assert found["other"]["orders"] < found["base"]["orders"]
    assert found["decided_otherwise"] > 0
    difference = found["other"]["gain_jpy"] - found["base"]["gain_jpy"]
    assert found["difference_jpy"] == pytest.approx(difference, abs=0.02)
    said = run("replay", str(log), "--compare", "--set", "buy_threshold=0.4").stdout
    assert "too few days for an interval" in said


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_less_leaves_its_weight_to_the_others(component: str) -> None:
    p = without_component(STANDARD, component)
    weights = {one: getattr(p, f"weight_{one}") for one in COMPONENTS}
    assert weights.pop(component) == 0
    assert sum(weights.values()) == pytest.approx(1)
    before = [getattr(STANDARD, f"weight_{one}") for one in weights]
    assert np.ptp(np.array(list(weights.values())) / np.array(before)) < 1e-9
    if component in ("technical", "forecast"):
        assert p.confidence_shift == 0


def test_the_last_component_cannot_be_left_out() -> None:
    p = STANDARD
    for one in ("technical", "forecast", "sentiment"):
        p = without_component(p, one)
    with pytest.raises(ConfigurationError, match="no other component"):
        without_component(p, "market")


@pytest.mark.parametrize(
    "text", ["analysis_interval_s=600", "forecast_full_scale_pct=2", "news_horizon_h=12"]
)
def test_what_is_in_the_inputs_already_cannot_be_set(text: str) -> None:
    with pytest.raises(ConfigurationError, match=text.partition("=")[0]):
        changed(STANDARD, [text], [])


@pytest.mark.parametrize("words", [("--without", "forecast"), ("--base", "a=1"), ("--usdjpy", "1")])
def test_words_of_compare_without_it_are_refused(log: Path, words: tuple[str, ...]) -> None:
    done = run("replay", str(log), *words, status=2)
    assert "--compare" in done.stderr


def store_of(*commits: e.Commit) -> InMemoryEventStore:
    store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
    asyncio.run(store.append(commits))
    return store


def candle(tick: int, opened: int, close: float = 100.0) -> e.PriceCollected:
    return e.PriceCollected(
        e.Candle("eth_usdt", opened * CANDLE, close, close + 1, close - 1, close, 1.0)
    )


def ticks(version: int, tick: int, *events: e.Event) -> e.Commit:
    return e.Commit("ticks", version, events, tick * CANDLE, "", "", "test")


def test_candles_come_again_when_they_came_and_late_ones_late() -> None:
    store = store_of(
        ticks(1, 10, candle(10, 8), candle(10, 9)),
        ticks(3, 12, candle(12, 10), candle(12, 11)),  # the tick before found nothing
    )
    inputs = asyncio.run(recorded_inputs(store))
    assert (inputs.start, inputs.end) == (10 * CANDLE, 12 * CANDLE)
    assert not inputs.is_in_time
    data = ArrivedMarketData(inputs.candles)

    def at(tick: int, after: int) -> list[int]:
        found = asyncio.run(data.closed_candles({"eth_usdt": after * CANDLE}, tick * CANDLE))
        return [one.open_time // CANDLE for one in found["eth_usdt"]]

    assert (at(10, 0), at(11, 9), at(12, 9)) == ([8, 9], [], [10, 11])


def test_a_log_without_prices_or_quotes_says_what_is_missing() -> None:
    with pytest.raises(InputError, match="no prices"):
        asyncio.run(recorded_inputs(store_of()))
    inputs = asyncio.run(recorded_inputs(store_of(ticks(1, 10, candle(10, 9)))))
    assert inputs.is_in_time
    assert inputs.jpy is None
    with pytest.raises(InputError, match="--usdjpy"):
        yen_of(inputs, None)


def test_between_two_quotes_the_yen_moves_on_a_line() -> None:
    sent = e.OrderSubmitting(
        order="o", pair="eth_usdt", amount=Jpy(Decimal(500)), quantity=None, sizing=None,
        bid=Jpy(Decimal(14_990)), ask=Jpy(Decimal(15_010)), jpy_free=Jpy(Decimal(7_000)),
        jpy_reserved=Jpy(Decimal(3_000)), coins_free=Decimal(0), coins_reserved=Decimal(0), nonce=1,
        sent_at=10 * CANDLE,
    )  # fmt: skip
    order = e.Commit("order/o", 1, (sent,), 10 * CANDLE, "", "", "test")
    inputs = asyncio.run(recorded_inputs(store_of(ticks(1, 10, candle(10, 9)), order)))
    assert inputs.quotes == [(10 * CANDLE, 150.0)]
    assert inputs.jpy == Jpy(Decimal(10_000))
    yen = ImpliedYen([(10, 150.0), (20, 160.0)])
    assert [yen.factor(at) for at in (0, 10, 15, 20, 99)] == [150, 150, 155, 160, 160]


@given(st.lists(st.floats(-1e6, 1e6), min_size=LEAST_DAYS, max_size=60))
def test_an_interval_holds_no_more_than_the_days_can_sum_to(daily: list[float]) -> None:
    days = np.array(daily)
    found = total_interval(days)
    assert found is not None
    assert found == total_interval(days)
    near = 1e-6 * (1 + np.abs(days).sum())
    assert len(days) * days.min() - near <= found.low <= found.high
    assert found.high <= len(days) * days.max() + near


def test_intervals_are_wide_where_days_are_and_absent_where_they_are_few() -> None:
    assert total_interval(np.ones(LEAST_DAYS - 1)) is None
    chance = np.random.default_rng(1)
    inside = 0
    for _ in range(200):
        found = total_interval(chance.normal(0, 100, 90), draws=400)
        assert found is not None
        inside += found.low <= 0 <= found.high
    assert 170 <= inside <= 200  # 95 % is the promise; short blocks give a little less
