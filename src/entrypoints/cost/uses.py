"""What a month takes of each price."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Final

from entrypoints.cost.bill import Use
from entrypoints.cost.flow import branches, seconds, transitions
from entrypoints.cost.known_durations import ENDPOINT, ENDPOINT_PER_PAIR, Durations
from entrypoints.cost.schedule_runs import DAYS
from entrypoints.cost.table_traffic import GB, kept_of, traffic_of
from entrypoints.cost.workload import Month

CHUNK_MB: Final = 64
"""Memory of an Express workflow is billed in steps of this."""
TICK_S: Final = 0.1
"""And its time in steps of this."""
QUEUES: Final = "SQS/SNS/EventBridge"
STORED: Final = "S3 and data out"


def uses_of(month: Month, durations: Durations) -> list[Use]:
    """All uses. Raises InputError when a function runs whose duration nobody knows."""
    return [
        *_lambda(month, durations),
        *_endpoint(month, durations),
        *_tables(month),
        *_workflow(month, durations),
        *_watch(month),
        *_secrets(month),
        *_messages(month),
        *_stored(month),
    ]


def _lambda(month: Month, durations: Durations) -> Iterator[Use]:
    for one in month.stack.functions:
        runs = month.ran(one.name)
        if not runs:
            continue
        mean_ms = durations.of(one.name).mean_ms
        yield Use(
            service="Lambda",
            what=one.name,
            price=f"lambda_{one.architecture}",
            units=runs * ceil(mean_ms) / 1000 * one.memory_mb / 1024,
            how=f"{runs:,.0f} x {mean_ms:,.0f} ms x {one.memory_mb} MB",
        )
    runs = sum(month.runs.values())
    yield Use(service="Lambda", what="calls", price="lambda_request", units=runs)


def forecast_calls(month: Month) -> float:
    """Calls of the endpoint a month."""
    return month.ran("chronos-caller") if month.endpoint is not None else 0.0


def _endpoint(month: Month, durations: Durations) -> Iterator[Use]:
    calls = forecast_calls(month)
    if month.endpoint is None or not calls:
        return
    name = ENDPOINT_PER_PAIR if month.batching == "per_pair" else ENDPOINT
    mean_ms = durations.of(name).mean_ms
    yield Use(
        service="SageMaker",
        what="forecasts",
        price="endpoint_second",
        units=calls * ceil(mean_ms) / 1000 * month.endpoint.memory_mb / 1024,
        how=f"{calls:,.0f} x {mean_ms:,.0f} ms x {month.endpoint.memory_mb} MB",
    )
    yield Use(
        service="SageMaker",
        what="data",
        price="endpoint_data",
        units=month.analyses * month.coins * month.assumed["forecast_bytes_a_coin"] / GB,
    )


def _tables(month: Month) -> Iterator[Use]:
    for one in traffic_of(month):
        yield Use(service="DynamoDB", what=one.what, price="dynamodb_write", units=one.writes)
        yield Use(service="DynamoDB", what=one.what, price="dynamodb_read", units=one.reads)
    kept = kept_of(month)
    yield Use(
        service="DynamoDB",
        what="tables and index",
        price="dynamodb_storage",
        units=kept.stored,
        how=f"a log of {month.assumed['months_of_log']:g} months",
    )
    yield Use(
        service="DynamoDB", what="recovery", price="dynamodb_recovery", units=kept.recoverable
    )


def transitions_a_run(month: Month) -> float:
    """State transitions of an analysis."""
    return transitions(month.flow, month.coins) + month.assumed["transitions_beside_states"]


def run_seconds(month: Month, durations: Durations) -> float:
    """How long an analysis takes (s)."""
    between = month.assumed["state_overhead"] / 1000
    return seconds(month.flow, month.coins, durations.seconds, between)


def _workflow(month: Month, durations: Durations) -> Iterator[Use]:
    machine = month.stack.machine
    if machine is None:
        return
    if month.workflow == "STANDARD":
        a_run = transitions_a_run(month)
        yield Use(
            service="Step Functions",
            what="transitions",
            price="standard_transition",
            units=month.analyses * a_run,
            how=f"{month.analyses:,.0f} x {a_run:g}",
        )
        return
    assumed = month.assumed
    data_mb = assumed["branch_data"] / 1024 * max(1, branches(month.flow, month.coins))
    memory = assumed["express_memory"] + machine.size / 1024**2 + data_mb
    billed_mb = ceil(memory / CHUNK_MB) * CHUNK_MB
    takes = ceil(run_seconds(month, durations) / TICK_S) * TICK_S
    yield Use(
        service="Step Functions", what="starts", price="express_request", units=month.analyses
    )
    yield Use(
        service="Step Functions",
        what="duration",
        price="express_duration",
        units=month.analyses * takes * billed_mb / 1024,
        how=f"{month.analyses:,.0f} x {takes:.1f} s x {billed_mb} MB",
    )


def _watch(month: Month) -> Iterator[Use]:
    stack, assumed = month.stack, month.assumed
    named: tuple[tuple[str, str, float], ...] = (
        ("alarms", "alarm", stack.alarms),
        ("custom metrics", "metric", assumed["custom_metrics"] + stack.metrics),
        ("dashboards", "dashboard", stack.dashboards),
    )
    for what, price, units in named:
        yield Use(service="CloudWatch", what=what, price=price, units=units)
    taken = sum(month.runs.values()) * assumed["log_bytes_a_call"]
    if stack.machine is not None and stack.machine.logs_all:
        taken += month.analyses * transitions_a_run(month) * assumed["log_bytes_a_transition"]
    yield Use(service="CloudWatch", what="logs in", price="logs_in", units=taken / GB)
    yield Use(
        service="CloudWatch",
        what="logs kept",
        price="logs_kept",
        units=taken / GB * stack.kept_days / DAYS,
        how=f"{stack.kept_days:g} days",
    )


def _secrets(month: Month) -> Iterator[Use]:
    held = len(month.stack.secrets)
    yield Use(service="Secrets Manager", what="secrets", price="secret", units=held)
    readers = sum(month.ran(one) for one in month.stack.queued) if held else 0.0
    yield Use(
        service="Secrets Manager",
        what="calls, once a start",
        price="secret_call",
        units=readers,
        how="as if every order began a new process",
    )


def _messages(month: Month) -> Iterator[Use]:
    assumed = month.assumed
    for kind in month.stack.polled:
        yield Use(
            service=QUEUES,
            what="polling and messages",
            price=f"queue_{kind}",
            units=assumed["polls_a_queue"] + month.orders * assumed["requests_a_message"],
        )
    runs = month.collections + sum(
        one.runs for one in month.stack.schedules if one.function != "price-collector"
    )
    yield Use(service=QUEUES, what="schedules", price="schedule", units=runs)
    told = assumed["alarms_a_month"] if month.stack.told else 0.0
    yield Use(service=QUEUES, what="topic", price="topic", units=told)


def _stored(month: Month) -> Iterator[Use]:
    stack, assumed = month.stack, month.assumed
    held = assumed["packages"]
    if stack.buckets:
        held += assumed["report"] / 1024**2 * 90
    if stack.endpoint is not None and stack.endpoint.is_ours:
        held += assumed["model"]
    yield Use(service=STORED, what="objects", price="bucket_storage", units=held)
    nights = month.ran("daily-reporter") if stack.buckets else 0.0
    yield Use(service=STORED, what="reports put", price="bucket_put", units=nights)
    yield Use(service=STORED, what="reports read", price="bucket_get", units=nights)
    yield Use(service=STORED, what="data out", price="data_out", units=assumed["data_out"])
    if stack.keys:
        yield Use(service=STORED, what="customer keys", price="key", units=stack.keys)
