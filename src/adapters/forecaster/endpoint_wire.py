"""What is said to the forecast endpoint and what it answers: bytes to values and back.

    {"inputs": [[...], ...], "parameters": {"prediction_length": 12, "quantile_levels": [...]}}
    {"model": "...", "version": "...", "quantile_levels": [...],
     "predictions": [[[q10 of each step], [q50 ...], [q90 ...]], ...]}

`predictions` has one entry for each input, in order. The answer may also come as a list whose
first item is that object as a JSON text: so the container wraps an answer that was a tuple.
"""

import json
from collections.abc import Mapping, Sequence
from math import nan
from typing import Annotated, Any, Final

import msgspec

from application.errors import Broken, Refused
from application.ports.forecaster import LEVELS, Forecast

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a request, and of an answer (SageMaker serverless)."""
EXCERPT: Final = 200
_Path = list[float | None]


class _Answer(msgspec.Struct):
    predictions: list[list[_Path]]
    quantile_levels: list[float]
    model: Annotated[str, msgspec.Meta(min_length=1)]
    version: str = ""


def request_body(series: Sequence[Sequence[float]], steps: int) -> bytes:
    """The request for these series. Raises Refused where it is larger than an endpoint takes."""
    body = msgspec.json.encode(
        {
            "inputs": [list(one) for one in series],
            "parameters": {"prediction_length": steps, "quantile_levels": LEVELS},
        }
    )
    if len(body) > MOST_BYTES:
        raise Refused(
            f"a request of {len(body):,} bytes: an endpoint takes {MOST_BYTES:,}; "
            f"ask for fewer coins or candles"
        )
    return body


def read_answer(body: bytes, pairs: Sequence[str]) -> dict[str, Forecast]:
    """The forecasts of these pairs, in the order of the request; not yet checked.

    Raises Broken where the answer as a whole cannot be believed: then it is not known which
    forecast belongs to whom.
    """
    if len(body) > MOST_BYTES:
        raise Broken(f"an answer of {len(body):,} bytes")
    try:
        answer = msgspec.convert(_unwrapped(body), _Answer, strict=True)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise Broken(f"unreadable answer ({error}): {_excerpt(body)}") from None
    if tuple(answer.quantile_levels) != LEVELS:
        raise Broken(f"quantile_levels are {answer.quantile_levels}, not {list(LEVELS)}")
    if len(answer.predictions) != len(pairs):
        raise Broken(f"{len(answer.predictions)} predictions for {len(pairs)} series")
    found = {}
    for pair, paths in zip(pairs, answer.predictions, strict=True):
        if len(paths) != len(LEVELS):
            raise Broken(f"{pair}: {len(paths)} quantiles instead of {len(LEVELS)}")
        numbers = (tuple(nan if one is None else float(one) for one in path) for path in paths)
        found[pair] = Forecast(answer.model, *numbers, version=answer.version)
    return found


def _unwrapped(body: bytes) -> Any:
    # the standard library's parser: it reads NaN, which then is one pair's trouble, not everyone's
    said = json.loads(body)
    if isinstance(said, list) and said and isinstance(said[0], str):
        said = json.loads(said[0])
    if not isinstance(said, Mapping):
        raise ValueError("neither an object nor a list that begins with one as text")  # noqa: TRY004
    return said


def _excerpt(body: bytes) -> str:
    return " ".join(body[:EXCERPT].decode("utf-8", "replace").split())
