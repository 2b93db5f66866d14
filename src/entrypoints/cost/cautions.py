"""What a reader of the estimate should know before he believes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from entrypoints.cost.estimate import Estimate, goals
from entrypoints.cost.flow import Map, Parallel, State
from entrypoints.cost.known_durations import ENDPOINT, ENDPOINT_PER_PAIR
from entrypoints.cost.table_traffic import NIGHT, log_bytes, night_bytes
from entrypoints.cost.uses import forecast_calls, run_seconds
from entrypoints.cost.workload import Month, Scenario

MANY: Final = 10
"""Coins from which on something is said."""
NEWS_PAGE: Final = 20
"""Headlines in an answer of CryptoPanic."""
EXPRESS_S: Final = 300


def cautions(found: Estimate) -> list[str]:
    """Sentences, the weightiest first."""
    return [
        *(f"{one}: the total is a lower bound" for one in found.month.stack.unpriced),
        *_missed(found),
        *_many_coins(found),
        *_long_nights(found),
        *_impossible(found),
        *_unmeasured(found),
        *_unconfirmed(found),
    ]


def _missed(found: Estimate) -> Iterator[str]:
    for goal, is_met in goals(found).items():
        if not is_met:
            bill = found.specified
            nights = sum(one.full_usd for one in bill.charges if one.use.what == NIGHT)
            yield (
                f"missed: {goal}. 288 analyses with the endpoint cost {bill.usd:.2f} USD, "
                f"{bill.full_usd:.2f} without the free tier; {nights:.2f} of it is {NIGHT}"
            )


def _many_coins(found: Estimate) -> Iterator[str]:
    coins = found.month.coins
    if coins < MANY:
        return
    basis = found.basis
    together = attrs.evolve(found.scenario, batching="per_analysis", forecasts="endpoint")
    each = attrs.evolve(together, batching="per_pair")
    six = basis.month(attrs.evolve(found.scenario, coins=6))
    takes, usual = (run_seconds(one, basis.durations) for one in (found.month, six))
    yield (
        f"{coins} coins: a news page of {NEWS_PAGE} headlines leaves {NEWS_PAGE / coins:.1f} a "
        f"coin; an analysis takes {takes:.1f} s in {_turns(found.month)} turns, with six coins "
        f"{usual:.1f} s; forecasts asked for each coin are {_calls(found, each):,.0f} a month for "
        f"{basis.bill(each).of('SageMaker')[0]:.2f} USD, asked for together "
        f"{_calls(found, together):,.0f} of {coins} series, "
        f"{basis.bill(together).of('SageMaker')[0]:.2f} USD if they take as long as of six"
    )


def _calls(found: Estimate, scenario: Scenario) -> float:
    return forecast_calls(found.basis.month(scenario))


def _turns(month: Month) -> int:
    """Turns of the slowest map."""

    def most(states: tuple[State, ...]) -> int:
        found = 1
        for one in states:
            if isinstance(one, Map):
                found = max(found, one.waves(month.coins) * most(one.body))
            elif isinstance(one, Parallel):
                found = max(found, *map(most, one.branches))
        return found

    return most(month.flow)


def _long_nights(found: Estimate) -> Iterator[str]:
    """The night's report reads at most a quarter of a year, and has so much time for it."""
    month = found.month
    reporter = month.stack.function("daily-reporter")
    if reporter is None or not month.ran(reporter.name) or not log_bytes(month):
        return
    read = night_bytes(month)
    takes = read / (month.assumed["log_read_rate"] * 1e6)
    if takes > reporter.timeout_s:
        yield (
            f"daily-reporter reads {read / 1e6:,.0f} MB a night, some {takes:,.0f} s, and has "
            f"{reporter.timeout_s} s: give it more memory, and so a faster core"
        )


def _impossible(found: Estimate) -> Iterator[str]:
    """Durations that do not fit the template, or each other."""
    durations = found.basis.durations
    for one in found.month.stack.functions:
        if not found.month.ran(one.name):
            continue
        known = durations.of(one.name)
        if known.mean_ms > one.timeout_s * 1000:
            yield f"{one.name}: a mean of {known.mean_ms:,.0f} ms is over its timeout"
        if known.memory_mb is not None and known.memory_mb != one.memory_mb:
            yield (
                f"{one.name} was measured with {known.memory_mb} MB and has {one.memory_mb} MB: "
                "its time will be another"
            )
    caller = durations.of("chronos-caller").mean_ms
    name = ENDPOINT_PER_PAIR if found.month.batching == "per_pair" else ENDPOINT
    if found.month.endpoint is not None and caller < durations.of(name).mean_ms:
        yield f"chronos-caller waits for the endpoint, and is said to take less: {caller:,.0f} ms"
    takes = run_seconds(found.month, durations)
    if found.month.workflow == "EXPRESS" and takes > EXPRESS_S:
        yield f"an analysis takes {takes:.0f} s, and Express ends after {EXPRESS_S} s"


def _unmeasured(found: Estimate) -> Iterator[str]:
    names = [one.name for one in found.month.stack.functions if found.month.ran(one.name)]
    assumed = [one for one in names if found.basis.durations.of(one).is_assumed]
    if assumed:
        yield (
            f"{len(assumed)} of {len(names)} durations are assumed: give measured ones with "
            "--durations"
        )


def _unconfirmed(found: Estimate) -> Iterator[str]:
    prices = found.basis.prices
    used = {one.use.price for one in found.bill.charges if one.use.units}
    uncertain = [name for name in sorted(used) if not prices.of(name).confirmed]
    if uncertain:
        usd = sum(one.usd for one in found.bill.charges if one.use.price in uncertain)
        yield (
            f"{usd:.2f} USD rest on prices that are not confirmed for {prices.region}: "
            f"{', '.join(uncertain)}"
        )


def is_within(found: Estimate, budget: float, *, free_tier: bool = True) -> bool:
    """Whether AWS alone is within the budget; never while something has no price."""
    usd = found.bill.usd if free_tier else found.bill.full_usd
    return usd <= budget and not found.month.stack.unpriced
