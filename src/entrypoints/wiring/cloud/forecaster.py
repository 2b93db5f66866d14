"""The model's endpoint, if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.forecaster.sagemaker import Deadline, SageMakerForecaster, runtime_client
from entrypoints.wiring.cloud.lines import chance

if TYPE_CHECKING:
    from application.ports.clock import Clock

WITHIN_S = 140
"""With every try and pause: the state that waits for it gives up seconds later."""


def forecaster(settings: Any, clock: Clock) -> SageMakerForecaster | None:
    """The endpoint; None where none is named, and then momentum stands in."""
    if not settings.sagemaker_endpoint:
        return None
    deadline = Deadline(call_s=WITHIN_S)
    return SageMakerForecaster(
        settings.sagemaker_endpoint,
        client=runtime_client(deadline),
        clock=clock,
        chance=chance,
        deadline=deadline,
    )
