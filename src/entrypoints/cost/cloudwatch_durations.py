"""How long a deployed stage's functions were billed for, by CloudWatch's own metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from domain.instant import DAY, to_datetime
from entrypoints.cost.known_durations import Duration, Durations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from entrypoints.deploy.clients import Aws
    from entrypoints.stage import Stage

DAYS: Final = 7


def cloudwatch_durations(
    known: Durations, names: Iterable[str], *, aws: Aws, stage: Stage, now: int
) -> Durations:
    """The mean of the last week of each function that ran, in place of what is known of it.

    `now` in ms. The metric leaves out the start of a new process, a few calls in a thousand where a
    function runs every five minutes. Raises OutsideError or ConfigurationError where CloudWatch
    cannot be asked.
    """
    measured = {}
    for name in names:
        answer = aws.ask(
            f"read how long {name} took",
            "cloudwatch",
            "get_metric_statistics",
            Namespace="AWS/Lambda",
            MetricName="Duration",
            Dimensions=[{"Name": "FunctionName", "Value": stage.physical(name)}],
            StartTime=to_datetime(now - DAYS * DAY),
            EndTime=to_datetime(now),
            Period=DAY // 1000,
            Statistics=["Sum", "SampleCount"],
        )
        found = _mean(answer["Datapoints"])
        if found is not None:
            measured[name] = found
    return attrs.evolve(known, by_name={**known.by_name, **measured})


def _mean(points: list[dict[str, Any]]) -> Duration | None:
    calls = sum(one["SampleCount"] for one in points)
    if not calls:
        return None
    mean = sum(one["Sum"] for one in points) / calls
    return Duration(mean_ms=mean, how=f"CloudWatch, {DAYS} days, {calls:,.0f} calls")
