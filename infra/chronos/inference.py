"""What SageMaker's Hugging Face container runs: many series in, quantile paths out.

The container calls model_fn once and then transform_fn for every request (its inference toolkit
allows no input_fn, predict_fn or output_fn beside it). Everything is read from the model's
folder; nothing is fetched. The answer is a plain string: a tuple would reach the caller as a list.

The container turns every exception into status 400 with the exception's text, so that text begins
with its kind: InvalidInput (the request is wrong) or ModelFailure (the model is).
"""

# ruff: noqa: INP001, PLC0415 - the container imports this file alone, torch when it may

import json
import math
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

VERSION_FILE = "version.txt"
MODEL = "chronos-2"
JSON = "application/json"
MOST_SERIES = 1024
MOST_STEPS = 1024
MOST_VALUES = 8192
BATCH = 64


class InvalidInput(ValueError):
    """The request cannot be forecast."""

    def __init__(self, what: str) -> None:
        super().__init__(f"InvalidInput: {what}")


class ModelFailure(RuntimeError):
    """The model did not forecast."""

    def __init__(self, what: str) -> None:
        super().__init__(f"ModelFailure: {what}")


class Loaded:
    """A pipeline and the version of its weights."""

    def __init__(self, pipeline: Any, version: str) -> None:
        self.pipeline = pipeline
        self.version = version


def model_fn(model_dir: str) -> Loaded:
    """The model in a folder, in float32 on the CPU (serverless endpoints have no other)."""
    import torch
    from chronos import BaseChronosPipeline

    threads = os.environ.get("CHRONOS_THREADS", "")
    torch.set_num_threads(int(threads) if threads else max(1, os.cpu_count() or 1))
    pipeline = BaseChronosPipeline.from_pretrained(model_dir, device_map="cpu", dtype=torch.float32)
    told = Path(model_dir) / VERSION_FILE
    version = told.read_text(encoding="utf-8").strip() if told.is_file() else ""
    return Loaded(pipeline, version)


def transform_fn(model: Loaded, data: str, content_type: str, accept: str) -> str:
    """The answer to one request, both as JSON text."""
    if content_type and content_type.partition(";")[0].strip().lower() != JSON:
        raise InvalidInput(f"content type {content_type!r}: send {JSON}")
    if accept and accept not in {JSON, "*/*"}:
        raise InvalidInput(f"accept {accept!r}: only {JSON} is given")
    series, steps, levels = _asked(data)
    paths = _forecast(model.pipeline, series, steps, levels)
    answer = {
        "model": MODEL,
        "version": model.version,
        "quantile_levels": levels,
        "predictions": paths,
    }
    return json.dumps(answer, allow_nan=False)


def _asked(data: str) -> tuple[list[list[float]], int, list[float]]:
    """(series, steps, levels) of a request's text."""
    try:
        request = json.loads(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(f"the body is not JSON ({error})") from None
    if not isinstance(request, dict) or "inputs" not in request:
        raise InvalidInput('the body has no "inputs"')
    parameters = request.get("parameters", {})
    if not isinstance(parameters, dict):
        raise InvalidInput('"parameters" is no object')
    steps = parameters.get("prediction_length", 12)
    if type(steps) is not int or not 1 <= steps <= MOST_STEPS:
        raise InvalidInput(f"prediction_length {steps!r}: 1 to {MOST_STEPS}")
    levels = parameters.get("quantile_levels", [0.1, 0.5, 0.9])
    if not isinstance(levels, list) or not levels or not all(map(_is_level, levels)):
        raise InvalidInput(f"quantile_levels {levels!r}: a list of numbers between 0 and 1")
    return _series(request["inputs"]), steps, levels


def _is_level(value: object) -> bool:
    return isinstance(value, float) and 0.0 < value < 1.0


def _series(inputs: Any) -> list[list[float]]:
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST_SERIES:
        raise InvalidInput(f'"inputs" is a list of 1 to {MOST_SERIES} series')
    for place, one in enumerate(inputs):
        if not isinstance(one, list) or not 1 <= len(one) <= MOST_VALUES:
            raise InvalidInput(f"series {place} is a list of 1 to {MOST_VALUES} numbers")
        for value in one:
            if type(value) not in {int, float} or not math.isfinite(value):
                raise InvalidInput(f"series {place} holds {value!r}: finite numbers are wanted")
    return list(inputs)


def _forecast(
    pipeline: Any, series: list[list[float]], steps: int, levels: list[float]
) -> list[list[list[float | None]]]:
    """For each series, for each level, the path; None where the model gave no number."""
    import torch

    tensors = [torch.tensor(one, dtype=torch.float32) for one in series]
    told = []
    try:
        for first in range(0, len(tensors), BATCH):
            with torch.inference_mode():
                quantiles, _ = pipeline.predict_quantiles(
                    tensors[first : first + BATCH],
                    prediction_length=steps,
                    quantile_levels=levels,
                )
            told += [one.reshape(-1, steps, len(levels))[0].T.tolist() for one in quantiles]
    except (RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
        raise ModelFailure(f"{type(error).__name__}: {error}") from error
    return [
        [[value if math.isfinite(value) else None for value in path] for path in one]
        for one in told
    ]
