"""A month of the system: how often each function runs, from schedules, analyses and orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import attrs

from entrypoints.cost.assumptions import Assumptions
from entrypoints.cost.flow import Batching, Flow, batched, batching_of, calls
from entrypoints.cost.schedule_runs import DAYS, MINUTES_A_DAY
from entrypoints.cost.stack import Endpoint, Stack, Workflow

COLLECTOR: Final = "price-collector"
CANDLES_A_DAY: Final = 288
"""A candle closes every five minutes: more analyses a day there are not."""
USUAL_ENDPOINT: Final = Endpoint(6144, is_ours=False)


@attrs.frozen(kw_only=True)
class Scenario:
    """What may differ from the template. None: as the template has it."""

    analyses_a_day: float = CANDLES_A_DAY
    batching: Batching | None = None
    workflow: Workflow | None = None
    every_min: float | None = None
    """Prices are collected every so many minutes."""
    forecasts: Literal["template", "endpoint", "momentum"] = "template"
    coins: int | None = None


@attrs.frozen(kw_only=True)
class Month:
    """A stack under a scenario for 30 days. `runs` is the calls of each function by name."""

    stack: Stack
    coins: int
    flow: Flow
    workflow: Workflow
    analyses: float
    collections: float
    runs: Mapping[str, float]
    orders: float
    fills: float
    endpoint: Endpoint | None
    assumed: Assumptions

    @property
    def batching(self) -> Batching | None:
        """How the forecast is asked for; None where the machine asks for none."""
        return batching_of(self.flow)

    @property
    def candles_a_collection(self) -> float:
        """Closed candles of a coin that a collection with any finds."""
        return CANDLES_A_DAY * DAYS / self.stored_collections if self.collections else 0.0

    @property
    def stored_collections(self) -> float:
        """Collections that find a new candle."""
        return min(self.collections, CANDLES_A_DAY * DAYS)

    def ran(self, function: str) -> float:
        """Calls of a function; 0 for one that the stack has not."""
        return self.runs.get(function, 0.0)


def month_of(stack: Stack, scenario: Scenario, assumed: Assumptions) -> Month:
    """The month of a scenario. More analyses than collections of prices there are not."""
    coins = scenario.coins or stack.coins
    collections = _collections(stack, scenario)
    analyses = 0.0
    flow: Flow = ()
    workflow: Workflow = scenario.workflow or "EXPRESS"
    if stack.machine is not None:
        flow = stack.machine.flow
        workflow = scenario.workflow or stack.machine.workflow
        if scenario.batching is not None:
            flow = batched(flow, scenario.batching)
        analyses = min(scenario.analyses_a_day, CANDLES_A_DAY) * DAYS
        if collections:
            analyses = min(analyses, collections)
    # what is asked for, and what a moving market fills, is known of 288 analyses a day
    share = analyses / (CANDLES_A_DAY * DAYS)
    orders = assumed["orders_a_day"] * DAYS * share
    return Month(
        stack=stack,
        coins=coins,
        flow=flow,
        workflow=workflow,
        analyses=analyses,
        collections=collections,
        runs=_runs(stack, collections, analyses, orders, flow, coins, assumed),
        orders=orders,
        fills=min(assumed["fills_a_day"] * DAYS * share, orders),
        endpoint=_endpoint(stack, scenario),
        assumed=assumed,
    )


def _collections(stack: Stack, scenario: Scenario) -> float:
    if scenario.every_min is not None:
        return MINUTES_A_DAY * DAYS / scenario.every_min
    return sum(one.runs for one in stack.schedules if one.function == COLLECTOR)


def _endpoint(stack: Stack, scenario: Scenario) -> Endpoint | None:
    if scenario.forecasts == "momentum":
        return None
    if scenario.forecasts == "endpoint":
        return stack.endpoint or USUAL_ENDPOINT
    return stack.endpoint


def _runs(
    stack: Stack,
    collections: float,
    analyses: float,
    orders: float,
    flow: Flow,
    coins: int,
    assumed: Assumptions,
) -> Mapping[str, float]:
    """Calls of every function of the stack; one that nothing calls is run by hand."""
    runs = {one.name: 0.0 for one in stack.functions}
    called = set()
    for one in stack.schedules:
        if one.function and one.function != COLLECTOR:
            runs[one.function] += one.runs
            called.add(one.function)
    if COLLECTOR in runs:
        runs[COLLECTOR] = collections
        called.add(COLLECTOR)
    for name, a_run in calls(flow, coins).items():
        runs[name] = runs.get(name, 0.0) + analyses * a_run
        called.add(name)
    by_event = {
        **dict.fromkeys(stack.queued, orders),
        **dict.fromkeys(stack.watching, assumed["error_lines_a_day"] * DAYS),
        **dict.fromkeys(stack.told, assumed["alarms_a_month"]),
    }
    for name, count in by_event.items():
        runs[name] += count
        called.add(name)
    for function in stack.functions:
        # what is not one of ours serves the deployment alone
        if function.name not in called and function.name != function.id:
            runs[function.name] = assumed["manual_runs"]
    return runs
