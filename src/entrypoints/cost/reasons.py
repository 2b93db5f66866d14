"""Why a service's figure here differs from the owner's: a clause each, from what was computed."""

from __future__ import annotations

from entrypoints.cost import owner_figures
from entrypoints.cost.estimate import Estimate
from entrypoints.cost.schedule_runs import DAYS
from entrypoints.cost.table_traffic import NIGHT
from entrypoints.cost.uses import forecast_calls


def reason(found: Estimate, service: str) -> str:
    """One clause."""
    return _REASONS[service](found)


def _lambda(found: Estimate) -> str:
    used = sum(found.bill.units(f"lambda_{kind}") for kind in ("arm64", "x86_64"))
    free = found.basis.prices.free.get("lambda_gb_seconds", 0.0)
    where = "inside" if used <= free else "over"
    return (
        f"his has a model inside a function and no free tier; {used:,.0f} GB-s are {where} the "
        f"free {free:,.0f}"
    )


def _sagemaker(found: Estimate) -> str:
    low, high = owner_figures.ENDPOINT
    his = f"not in his table, {low:g}-{high:g} in his comparison"
    calls = forecast_calls(found.month)
    if not calls:
        return f"{his}; no endpoint in this template: momentum stands in"
    return f"{his}; {calls:,.0f} calls, billed by their time"


def _dynamodb(found: Estimate) -> str:
    nights = sum(one.full_usd for one in found.bill.charges if one.use.what == NIGHT)
    return (
        "his has no log, index or transactions, which cost double; "
        f"{nights:.2f} are the nights, which read 92 days of the log three times"
    )


def _workflow(found: Estimate) -> str:
    if found.month.workflow == "EXPRESS":
        return "Express as his seems to be; Standard is in the scenarios"
    return f"Standard bills each of {found.bill.units('standard_transition'):,.0f} transitions"


def _cloudwatch(found: Estimate) -> str:
    stack = found.month.stack
    free = found.basis.prices.free.get("alarms", 0.0)
    return (
        f"{stack.alarms} metrics in alarms, {free:g} of them free; he counts 20 alarms in his "
        "table, 24 in his text"
    )


def _secrets(found: Estimate) -> str:
    held = len(found.month.stack.secrets)
    return f"0.40 each: {held} here, the GitHub token only with auto-fix; he has two"


def _queues(found: Estimate) -> str:
    polled = found.bill.units("queue_fifo") + found.bill.units("queue_standard")
    return f"{polled:,.0f} requests, nearly all of an empty queue, and the first million are free"


def _stored(found: Estimate) -> str:
    del found
    return f"not in his table; reports, packages and what is sent, in {DAYS} days"


_REASONS = {
    "Lambda": _lambda,
    "SageMaker": _sagemaker,
    "DynamoDB": _dynamodb,
    "Step Functions": _workflow,
    "CloudWatch": _cloudwatch,
    "Secrets Manager": _secrets,
    "SQS/SNS/EventBridge": _queues,
    "S3 and data out": _stored,
}
