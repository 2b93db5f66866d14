"""Chronos-2 behind a SageMaker serverless endpoint: one call for all series.

throttled, being provisioned, 503     tried again with jitter, inside the deadline
424 (the model failed), 400           at once: the caller has a fallback
a reply that cannot be believed       Broken, naming pair and field
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, code_of
from application.errors import Broken, OutsideError, Retryable
from application.ports.clock import Clock
from application.ports.forecaster import Forecast, believed
from domain.instant import SECOND

QUANTILES: Final = (0.1, 0.5, 0.9)
MOST_BYTES: Final = 4_000_000
DEADLINE_S: Final = 140.0
_FIRST_S: Final = 0.5
_MOST_S: Final = 8.0
_LATER: Final = frozenset({"ModelNotReadyException", "ServiceUnavailable", "InternalFailure"})
_FAILED: Final = "ModelError"


class SageMakerForecaster:
    """Asks the endpoint; `chance` in [0, 1) spreads what is tried again."""

    def __init__(
        self,
        *,
        client: Any,
        endpoint: str,
        clock: Clock,
        chance: Callable[[], float],
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._clock = clock
        self._chance = chance
        self._deadline = deadline_s * SECOND

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast]:
        """Forecasts by pair; see the port."""
        del at
        if not series:
            return {}
        body = json.dumps(
            {
                "inputs": [[float(one) for one in values] for values in series.values()],
                "parameters": {"prediction_length": steps, "quantile_levels": list(QUANTILES)},
            }
        ).encode()
        if len(body) > MOST_BYTES:
            raise Broken(f"{len(series)} series are {len(body)} bytes; the endpoint takes 4 MB")
        answer = _unwrapped(await self._answered(body))
        return _forecasts(answer, list(series), steps)

    async def _answered(self, body: bytes) -> Any:
        until = self._clock.now() + self._deadline
        pause = _FIRST_S
        while True:
            try:
                reply = self._client.invoke_endpoint(
                    EndpointName=self._endpoint,
                    ContentType="application/json",
                    Accept="application/json",
                    Body=body,
                )
                return json.loads(reply["Body"].read())
            except (ClientError, BotoCoreError) as error:
                failure = _meaning(error)
            except ValueError as error:
                raise Broken(f"the forecast endpoint's reply is no JSON: {error}") from None
            wait = pause * (0.5 + self._chance())
            is_late = self._clock.now() + wait * SECOND >= until
            if is_late or not isinstance(failure, Retryable):
                raise failure
            await self._clock.sleep(wait)
            pause = min(2 * pause, _MOST_S)


def _meaning(error: ClientError | BotoCoreError) -> OutsideError:
    """What a failed call means: whether to ask again, or to go on without."""
    code = code_of(error)
    what = "the forecast endpoint"
    if code == _FAILED and isinstance(error, ClientError):
        said = error.response.get("OriginalMessage", "") or str(error)
        return Broken(f"{what}: the model failed: {said[:300]}")
    if code in _LATER:
        return Retryable(f"{what}: {error}")
    found = as_ours(what, error)
    return found if isinstance(found, OutsideError) else Broken(str(found))


def _unwrapped(answer: Any) -> dict[str, Any]:
    """The reply itself: the toolkit hands a (body, type) pair on as a list of the two."""
    if isinstance(answer, list) and answer and isinstance(answer[0], str):
        try:
            answer = json.loads(answer[0])
        except ValueError as error:
            raise Broken(f"the forecast endpoint's wrapped reply is no JSON: {error}") from None
    if not isinstance(answer, dict):
        raise Broken("the forecast endpoint's reply is no JSON object")
    return answer


def _forecasts(answer: dict[str, Any], pairs: list[str], steps: int) -> dict[str, Forecast]:
    """{"model", "version", "forecasts": [{"q10", "q50", "q90"}]} in the order that was asked."""
    told = answer.get("forecasts")
    if not isinstance(told, list) or len(told) != len(pairs):
        raise Broken(f"forecasts: {len(pairs)} were asked for; look at the model's container")
    model = str(answer.get("model") or "chronos-2")
    version = str(answer.get("version") or "")
    found = {}
    for pair, one in zip(pairs, told, strict=True):
        if not isinstance(one, dict):
            raise Broken(f"forecasts of {pair}: no JSON object")
        q10, q50, q90 = (_path(pair, name, one.get(name)) for name in ("q10", "q50", "q90"))
        found[pair] = believed(pair, steps, Forecast(model, q10, q50, q90, version))
    return found


def _path(pair: str, name: str, values: Any) -> tuple[float, ...]:
    if not isinstance(values, list) or not all(isinstance(one, int | float) for one in values):
        raise Broken(f"forecasts of {pair}: {name} is no list of numbers")
    return tuple(float(one) for one in values)
