"""What of a template costs money, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from entrypoints.cost.flow import Flow

Workflow = Literal["EXPRESS", "STANDARD"]


@attrs.frozen(kw_only=True)
class Function:
    """A function. `id` is its name in the template, `name` ours; memory in MB."""

    id: str
    name: str
    memory_mb: int = 128
    timeout_s: int = 3
    architecture: str = "x86_64"
    variables: Mapping[str, str] = attrs.Factory(dict)


@attrs.frozen
class Schedule:
    """What calls a function and how often a month."""

    function: str
    runs: float


@attrs.frozen
class Machine:
    """The state machine; `size` is that of its definition in bytes."""

    flow: Flow
    workflow: Workflow
    size: int = 0
    logs_all: bool = False


@attrs.frozen
class Table:
    """A table on demand, with so many indexes; `recovers`: point-in-time recovery."""

    name: str
    indexes: int = 0
    recovers: bool = False


@attrs.frozen
class Endpoint:
    """A serverless endpoint; `is_ours` when this stack makes it, with its model in a bucket."""

    memory_mb: int
    is_ours: bool


@attrs.frozen(kw_only=True)
class Stack:
    """Everything that is paid for."""

    functions: tuple[Function, ...]
    schedules: tuple[Schedule, ...] = ()
    machine: Machine | None = None
    tables: tuple[Table, ...] = ()
    coins: int = 6
    polled: tuple[str, ...] = ()
    """Kind of each queue that a function polls: fifo or standard."""
    queued: tuple[str, ...] = ()
    """Functions that queues feed."""
    watching: tuple[str, ...] = ()
    """Functions that log lines are sent to."""
    told: tuple[str, ...] = ()
    """Functions that a topic calls."""
    alarms: int = 0
    """Metrics of all alarms."""
    metrics: int = 0
    """Made of log lines by filters."""
    dashboards: int = 0
    kept_days: float = 14
    """How long logs are kept."""
    secrets: tuple[str, ...] = ()
    buckets: int = 0
    keys: int = 0
    endpoint: Endpoint | None = None
    unpriced: tuple[str, ...] = ()
    """What is in the template and in no price of ours."""

    def function(self, name: str) -> Function | None:
        """A function by our name."""
        return next((one for one in self.functions if one.name == name), None)

    def table(self, ending: str) -> Table | None:
        """A table by the end of its physical name."""
        return next((one for one in self.tables if one.name.endswith(ending)), None)
