"""The whole estimate: this template's month, and what it would be if."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

import attrs

from entrypoints.cost import owner_figures
from entrypoints.cost.assumptions import Assumptions
from entrypoints.cost.bill import Bill, bill
from entrypoints.cost.flow import Batching
from entrypoints.cost.known_durations import ENDPOINT, ENDPOINT_PER_PAIR, Durations
from entrypoints.cost.price_table import PriceTable
from entrypoints.cost.schedule_runs import DAYS
from entrypoints.cost.stack import Stack, Workflow
from entrypoints.cost.uses import uses_of
from entrypoints.cost.workload import COLLECTOR, Month, Scenario, month_of

ANALYSES: Final = (24, 96, 288)
EVERY_MIN: Final = (1, 5, 15)
FORECAST_S: Final = (1.0, 2.0, 4.0)
COLLECTING: Final = (COLLECTOR, "collecting prices")
"""Uses that are there for the collection of prices alone."""
BATCHINGS: Final[tuple[Batching, ...]] = get_args(Batching)
WORKFLOWS: Final[tuple[Workflow, ...]] = get_args(Workflow)


@attrs.frozen(kw_only=True)
class Basis:
    """What everything is computed from."""

    stack: Stack
    prices: PriceTable
    durations: Durations
    assumed: Assumptions

    def month(self, scenario: Scenario) -> Month:
        """The month of a scenario."""
        return month_of(self.stack, scenario, self.assumed)

    def bill(self, scenario: Scenario) -> Bill:
        """The bill of a scenario. Raises InputError for a missing price or duration."""
        return bill(uses_of(self.month(scenario), self.durations), self.prices)


@attrs.frozen(kw_only=True)
class Compared:
    """A scenario's bill, forecasts by the endpoint; `momentum` is the same without one."""

    scenario: Scenario
    bill: Bill
    momentum: Bill
    is_template: bool


@attrs.frozen(kw_only=True)
class Collected:
    """The bill when prices are collected every so many minutes."""

    every_min: int
    analyses_a_day: float
    bill: Bill

    @property
    def own_usd(self) -> float:
        """Of the collection alone, without any free tier."""
        return sum(one.full_usd for one in self.bill.charges if one.use.what in COLLECTING)


@attrs.frozen(kw_only=True)
class Forecast:
    """USD a month of forecasts that take so long each."""

    seconds: float
    batching: Batching
    usd: float
    listed_usd: float
    """At the price of us-east-1, without our allowance."""


@attrs.frozen(kw_only=True)
class Estimate:
    """All that is told. `usd` of a bill is with the free tier."""

    basis: Basis
    scenario: Scenario
    month: Month
    bill: Bill
    compared: tuple[Compared, ...]
    collected: tuple[Collected, ...]
    forecasts: tuple[Forecast, ...]
    specified: Bill
    """288 analyses, one forecast each by the endpoint, Express: what the goals are set for."""


SPECIFIED: Final = Scenario(
    analyses_a_day=288, batching="per_analysis", workflow="EXPRESS", forecasts="endpoint"
)


def estimate(basis: Basis, scenario: Scenario) -> Estimate:
    """The estimate of a template. Raises InputError for a missing price or duration."""
    at = attrs.evolve(SPECIFIED, coins=scenario.coins)
    return Estimate(
        basis=basis,
        scenario=scenario,
        month=basis.month(scenario),
        bill=basis.bill(scenario),
        compared=tuple(_compared(basis, scenario)),
        collected=tuple(_collected(basis, scenario)),
        forecasts=tuple(_forecasts(basis, scenario)),
        specified=basis.bill(at),
    )


def _compared(basis: Basis, scenario: Scenario) -> Iterator[Compared]:
    asked = basis.month(scenario)
    for analyses in ANALYSES:
        for batching in BATCHINGS:
            for workflow in WORKFLOWS:
                one = attrs.evolve(
                    scenario,
                    analyses_a_day=analyses,
                    batching=batching,
                    workflow=workflow,
                    forecasts="endpoint",
                )
                yield Compared(
                    scenario=one,
                    bill=basis.bill(one),
                    momentum=basis.bill(attrs.evolve(one, forecasts="momentum")),
                    is_template=(analyses, batching, workflow)
                    == (scenario.analyses_a_day, asked.batching, asked.workflow),
                )


def _collected(basis: Basis, scenario: Scenario) -> Iterator[Collected]:
    for every in EVERY_MIN:
        one = attrs.evolve(scenario, every_min=every)
        yield Collected(
            every_min=every,
            analyses_a_day=basis.month(one).analyses / DAYS,
            bill=basis.bill(one),
        )


def _forecasts(basis: Basis, scenario: Scenario) -> Iterator[Forecast]:
    for batching in BATCHINGS:
        for seconds in FORECAST_S:
            usd, listed = (
                _endpoint_usd(attrs.evolve(basis, prices=prices), scenario, batching, seconds)
                for prices in (basis.prices, basis.prices.without_allowances())
            )
            yield Forecast(seconds=seconds, batching=batching, usd=usd, listed_usd=listed)


def _endpoint_usd(basis: Basis, scenario: Scenario, batching: Batching, seconds: float) -> float:
    durations = basis.durations.with_seconds(seconds, ENDPOINT, ENDPOINT_PER_PAIR)
    one = attrs.evolve(scenario, batching=batching, forecasts="endpoint")
    return attrs.evolve(basis, durations=durations).bill(one).of("SageMaker")[0]


def affordable_seconds(found: Estimate, limit: float) -> float:
    """How long one forecast of all coins may take (s) before the month costs `limit` USD.

    Of the month that the goals are set for, with the free tier; 0 when nothing is left.
    """
    basis = found.basis
    at = attrs.evolve(found.scenario, analyses_a_day=288)
    for_a_second = _endpoint_usd(basis, at, "per_analysis", 2.0) - _endpoint_usd(
        basis, at, "per_analysis", 1.0
    )
    left = limit - found.specified.usd
    if not for_a_second:
        return 0.0
    return max(0.0, basis.durations.seconds(ENDPOINT) + left / for_a_second)


def goals(found: Estimate) -> dict[str, bool]:
    """Whether the month that the goals are set for meets them."""
    return {
        f"at most {owner_figures.GOAL:g} USD with the free tier": found.specified.usd
        <= owner_figures.GOAL,
        f"at most {owner_figures.BUDGET:g} USD without any": found.specified.full_usd
        <= owner_figures.BUDGET,
    }
