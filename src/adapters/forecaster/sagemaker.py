"""Forecasts of an endpoint on SageMaker: one call for all coins, tried again while it is busy.

Throttled, not ready or unavailable means later: a pause of 3, 6, 12... s, at most 45, with 10 to
50 % on top, as long as another try still fits before the deadline. A model's error or a refused
request is an answer: it is raised at once, so that momentum stands in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
from botocore import exceptions as faults

from adapters.aws_calls import CONNECT_S, as_ours, aws_client, code_of
from adapters.forecaster.endpoint_wire import read_answer, request_body
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.clock import Clock
from application.ports.forecaster import Forecast, checked
from domain.instant import SECOND

JSON: Final = "application/json"
LONGEST_S: Final = 60.0
"""A serverless container has to answer within this time."""
ATTEMPTS: Final = 5
FIRST_PAUSE_S: Final = 3.0
LONGEST_PAUSE_S: Final = 45.0


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Deadline:
    """How long one `forecast` may take in all, and the longest that one try of it lasts (s)."""

    call_s: float
    try_s: float = LONGEST_S
    attempts: int = ATTEMPTS

    def __attrs_post_init__(self) -> None:
        if not 0 < self.try_s <= self.call_s:
            raise ConfigurationError(
                f"a forecast of at most {self.call_s:g} s has no room for a try of "
                f"{self.try_s:g} s: raise call_s or lower try_s"
            )
        if self.attempts < 1:
            raise ConfigurationError(f"attempts = {self.attempts}: at least 1 is needed")


def runtime_client(deadline: Deadline, region: str | None = None) -> Any:
    """A client that tries once, and no longer than one try may last."""
    read_s = max(1.0, deadline.try_s - CONNECT_S)
    return aws_client("sagemaker-runtime", read_s=read_s, attempts=1, region=region)


class SageMakerForecaster:
    """The model behind an endpoint. `chance` gives 0..1, for the jitter of pauses."""

    def __init__(
        self,
        endpoint: str,
        *,
        client: Any,
        clock: Clock,
        chance: Callable[[], float],
        deadline: Deadline,
    ) -> None:
        self._endpoint = endpoint
        self._client = client
        self._clock = clock
        self._chance = chance
        self._deadline = deadline

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast | Broken]:
        """As the port says; Retryable once tries or time are used up."""
        del at
        if not series:
            return {}
        pairs = list(series)
        body = request_body([series[pair] for pair in pairs], steps)
        answer = await self._asked(body)
        try:
            return checked(read_answer(answer, pairs), series, steps)
        except Broken as error:
            raise Broken(self._said(error)) from None

    async def _asked(self, body: bytes) -> bytes:
        deadline = self._deadline
        until = self._clock.now() + deadline.call_s * SECOND
        for tried in range(1, deadline.attempts + 1):
            try:
                return self._once(body)
            except Retryable as error:
                if tried == deadline.attempts:
                    raise Retryable(f"{error}; given up after {tried} tries") from None
                pause = self._pause(tried)
                if self._clock.now() + (pause + deadline.try_s) * SECOND > until:
                    why = f"given up after {tried} tries: another does not fit"
                    raise Retryable(f"{error}; {why} in {deadline.call_s:g} s") from None
                await self._clock.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _pause(self, tried: int) -> float:
        """Seconds after so many tries."""
        pause = min(FIRST_PAUSE_S * 2.0 ** (tried - 1), LONGEST_PAUSE_S)
        return pause * (1.1 + 0.4 * self._chance())

    def _once(self, body: bytes) -> bytes:
        try:
            reply = self._client.invoke_endpoint(
                EndpointName=self._endpoint, ContentType=JSON, Accept=JSON, Body=body
            )
            said: bytes = reply["Body"].read()
        except (faults.ClientError, faults.BotoCoreError) as error:
            raise self._judged(error) from error
        return said

    def _judged(self, error: Exception) -> OutsideError | ConfigurationError:
        """Which of our errors this is; whatever is Retryable is tried again."""
        code = code_of(error)
        if isinstance(error, faults.ClientError) and code == "ModelError":
            # a bug of the model's code comes as its own 400: its text says what it was
            said = error.response.get("OriginalMessage") or error
            status = error.response.get("OriginalStatusCode", "?")
            return Broken(self._said(f"the model failed (ModelError, its status {status}): {said}"))
        if code in {"ValidationError", "ValidationException"} and "not found" in str(error).lower():
            return Refused(
                self._said(f"{error}: there is no such endpoint; deploy it or leave it out")
            )
        if code in {"ValidationError", "ValidationException"}:
            return Broken(self._said(error))
        return as_ours(f"endpoint {self._endpoint}", error)

    def _said(self, what: object) -> str:
        return f"endpoint {self._endpoint}: {' '.join(str(what).split())[:500]}"
