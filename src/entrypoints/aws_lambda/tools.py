"""Structured lines and metrics of one function, through powertools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools import Metrics

NAMESPACE = "CryptoTrader"


class Tools:
    """A logger, and metrics in the embedded format once something is counted."""

    def __init__(self, function: str) -> None:
        self._logger = Logger(service=function, utc=True, log_uncaught_exceptions=False)
        self._function = function
        self._metrics: Metrics | None = None

    @contextmanager
    def invocation(self, event: Mapping[str, Any], context: Any) -> Iterator[None]:
        """Names the invocation in every line, and writes its metrics at the end."""
        keys = {
            "correlation_id": _correlation(event),
            "request": getattr(context, "aws_request_id", None),
        }
        self._logger.append_keys(**{name: one for name, one in keys.items() if one})
        try:
            yield
        finally:
            if self._metrics is not None:
                self._metrics.flush_metrics()
            self._logger.remove_keys(list(keys))

    def log(self, words: str, **fields: Any) -> None:
        """A line at level INFO."""
        self._logger.info(words, extra={"fields": fields} if fields else None)

    def error(self, words: str, **fields: Any) -> None:
        """A line at level ERROR: error-remediator tells a human."""
        self._logger.error(words, extra={"fields": fields} if fields else None)

    def count(self, name: str, value: float) -> None:
        """Add to a metric of the stage."""
        from aws_lambda_powertools import Metrics
        from aws_lambda_powertools.metrics import MetricUnit

        if self._metrics is None:
            self._metrics = Metrics(namespace=NAMESPACE, service=self._function)
        self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def _correlation(event: Mapping[str, Any]) -> str | None:
    """The analysis, the order or the schedule that an event is about."""
    for name in ("analysis", "order", "schedule"):
        found = event.get(name)
        if isinstance(found, str) and found:
            return found
    return None
