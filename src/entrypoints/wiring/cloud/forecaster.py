"""The model's endpoint, if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.aws_calls import aws_client
from adapters.forecaster.sagemaker import SageMakerForecaster
from entrypoints.wiring.cloud.lines import chance

if TYPE_CHECKING:
    from application.ports.clock import Clock

ANSWER_S = 62
"""An endpoint answers within 60 s or never."""


def forecaster(settings: Any, clock: Clock) -> SageMakerForecaster | None:
    """The endpoint; None where none is named, and then momentum stands in."""
    if not settings.sagemaker_endpoint:
        return None
    client = aws_client("sagemaker-runtime", read_s=ANSWER_S, attempts=1)
    return SageMakerForecaster(
        client=client, endpoint=settings.sagemaker_endpoint, clock=clock, chance=chance
    )
