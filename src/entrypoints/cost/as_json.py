"""The estimate as one JSON object. Money is in USD, rounded to a hundredth of a cent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from entrypoints.cost import owner_figures
from entrypoints.cost.bill import SERVICES, Bill
from entrypoints.cost.cautions import cautions, is_within
from entrypoints.cost.estimate import Estimate, affordable_seconds, goals
from entrypoints.cost.outside import OUTSIDE, totals
from entrypoints.cost.reasons import reason
from entrypoints.cost.schedule_runs import DAYS


def as_json(found: Estimate, budget: float, *, free_tier: bool = True) -> dict[str, Any]:
    """What `crypto-trader cost --json` prints."""
    month, bill = found.month, found.bill
    return {
        "monthly_usd": _usd(bill.usd),
        "monthly_usd_without_free_tier": _usd(bill.full_usd),
        "budget_usd": budget,
        "within_budget": is_within(found, budget, free_tier=free_tier),
        "region": found.basis.prices.region,
        "days": DAYS,
        "template": {
            "coins": month.coins,
            "analyses_a_day": month.analyses / DAYS,
            "forecast_batching": month.batching,
            "workflow_type": month.workflow.lower(),
            "endpoint": month.endpoint is not None,
            "functions": {name: round(runs, 1) for name, runs in month.runs.items()},
            "unpriced": list(month.stack.unpriced),
        },
        "by_service": {
            one: {
                **_both(bill.of(one)),
                "owner_usd": owner_figures.MONTHLY.get(one),
                "why": reason(found, one),
            }
            for one in SERVICES
        },
        "owner_total_usd": owner_figures.TOTAL,
        "lines": [
            {
                **attrs.asdict(one.use),
                "usd": _usd(one.usd),
                "usd_without_free_tier": _usd(one.full_usd),
            }
            for one in bill.charges
        ],
        "scenarios": list(_scenarios(found)),
        "collection": list(_collection(found)),
        "forecasts": [
            {
                "seconds": one.seconds,
                "forecast_batching": one.batching,
                "usd": _usd(one.usd),
                "usd_at_listed_price": _usd(one.listed_usd),
            }
            for one in found.forecasts
        ],
        "goals": goals(found),
        "forecast_seconds_within": {
            f"{limit:g}": round(affordable_seconds(found, limit), 2)
            for limit in (owner_figures.GOAL, owner_figures.BUDGET)
        },
        "outside": [attrs.asdict(one) for one in OUTSIDE],
        "totals": [{**attrs.asdict(one), "usd": _usd(one.usd)} for one in totals(bill.usd)],
        "cautions": cautions(found),
        **_basis(found),
    }


def _basis(found: Estimate) -> dict[str, Any]:
    """What everything was computed from."""
    basis = found.basis
    return {
        "durations": {name: attrs.asdict(one) for name, one in basis.durations.by_name.items()},
        "assumptions": {name: attrs.asdict(one) for name, one in basis.assumed.by_name.items()},
        "prices": {name: attrs.asdict(one) for name, one in basis.prices.price.items()},
        "free_tier": dict(basis.prices.free),
    }


def _scenarios(found: Estimate) -> Iterator[dict[str, Any]]:
    for one in found.compared:
        assert one.scenario.workflow is not None  # each row says which
        yield {
            "analyses_a_day": one.scenario.analyses_a_day,
            "forecast_batching": one.scenario.batching,
            "workflow_type": one.scenario.workflow.lower(),
            **_of(one.bill),
            "forecasts_usd": _usd(one.bill.of("SageMaker")[0]),
            "usd_with_momentum": _usd(one.momentum.usd),
            "is_template": one.is_template,
        }


def _collection(found: Estimate) -> Iterator[dict[str, Any]]:
    for one in found.collected:
        yield {
            "every_min": one.every_min,
            "analyses_a_day": one.analyses_a_day,
            **_of(one.bill),
            "collection_usd": _usd(one.own_usd),
            "owner_usd": owner_figures.COLLECTION[one.every_min],
        }


def _of(bill: Bill) -> dict[str, float]:
    return _both((bill.usd, bill.full_usd))


def _both(usd: tuple[float, float]) -> dict[str, float]:
    return {"usd": _usd(usd[0]), "usd_without_free_tier": _usd(usd[1])}


def _usd(value: float) -> float:
    return round(value, 4)
