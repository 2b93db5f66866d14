"""Chronos models in this process: Chronos-2, and whatever else its library's pipelines load.

torch and chronos are imported when a model is loaded; only the extra `chronos` has them.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from adapters.forecaster.weights import CONFIG, Weights, weights_in
from application.errors import Broken, ConfigurationError, Retryable
from application.ports.forecaster import LEVELS, Forecast, checked

Paths = NDArray[np.float32]
"""(series, steps, 3): quantiles 0.1, 0.5 and 0.9."""
HOW_TO_INSTALL: Final = (
    "Chronos is not installed: `pip install torch==2.13.0` (for a CPU alone add the index of "
    "PyTorch's CPU builds), then `pip install 'crypto-trader[chronos]'`"
)
DEVICES: Final = ("cpu", "cuda")
_PATCHES_BEYOND: Final = 2  # a register token and one patch of output
_UNTOLD: Final = 2 << 30
_SAFETY: Final = 4  # copies of the largest tensors that are alive at a time


@attrs.frozen(slots=True, weakref_slot=False, eq=False)
class LoadedModel:
    """A pipeline of chronos-forecasting with its name and version."""

    pipeline: Any
    name: str
    weights: Weights
    device: str

    @property
    def version(self) -> str:
        """The start of the weights' digest."""
        return self.weights.version

    def quantiles(self, series: Sequence[Sequence[float]], steps: int, batch: int) -> Paths:
        """The quantile paths of many series, at most `batch` of them at a time.

        Raises Retryable where the memory does not do for so many.
        """
        import torch  # noqa: PLC0415 - the extra alone has it

        found: list[Paths] = []
        for first in range(0, len(series), batch):
            part = [
                torch.tensor(np.asarray(one, dtype=np.float32))
                for one in series[first : first + batch]
            ]
            with _memory_told(len(part)), torch.inference_mode():
                told, _ = self.pipeline.predict_quantiles(
                    part, prediction_length=steps, quantile_levels=list(LEVELS)
                )
            found += [one.reshape(-1, steps, len(LEVELS))[0].float().cpu().numpy() for one in told]
        shape = (len(series), steps, len(LEVELS))
        return np.stack(found) if found else np.empty(shape, dtype=np.float32)

    def batch_that_fits(self, candles: int, most: int) -> int:
        """How many series of so many candles fit into half of the memory that is free."""
        config = self.pipeline.model.config
        chronos = getattr(config, "chronos_config", None) or {}
        tokens = candles // int(chronos.get("input_patch_size", 1)) + _PATCHES_BEYOND
        width, deep = int(getattr(config, "d_model", 768)), int(getattr(config, "d_ff", 3072))
        heads = int(getattr(config, "num_heads", 12))
        bytes_each = 4 * tokens * (deep + 6 * width + 2 * heads * tokens) * _SAFETY
        return max(1, min(most, _free_memory(self.device) // 2 // bytes_each))


def load_chronos(folder: Path, *, device: str = "cpu", threads: int | None = None) -> LoadedModel:
    """The model of a folder in float32; nothing is fetched from anywhere.

    `threads`: of torch, None leaves them. Raises ConfigurationError, saying what to do, where
    the library, the weights or the device is missing.
    """
    weights = weights_in(folder)
    # a folder is all that is wanted; without this the library may ask the hub
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        import torch  # noqa: PLC0415 - the extra alone has it
        from chronos import BaseChronosPipeline  # noqa: PLC0415
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(f"{HOW_TO_INSTALL} ({error})") from None
    if device not in DEVICES:
        raise ConfigurationError(f"device {device!r}: choose from {', '.join(DEVICES)}")
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("device cuda: torch sees no GPU here; choose cpu")
    disable_progress_bar()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        pipeline = BaseChronosPipeline.from_pretrained(
            folder, device_map=device, dtype=torch.float32
        )
    except Exception as error:  # its loaders raise errors of their own kinds, without a base
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ConfigurationError(
            f"{folder}: this model cannot be loaded ({why}): fetch its files again"
        ) from error
    return LoadedModel(pipeline, _name(folder), weights, device)


def _name(folder: Path) -> str:
    """What kind of model it is: "chronos-2", or what its configuration says."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    kind = config.get("chronos_pipeline_class") or (config.get("chronos_config") or {}).get(
        "chronos_pipeline_class", "ChronosPipeline"
    )
    names = {
        "Chronos2Pipeline": "chronos-2",
        "ChronosBoltPipeline": "chronos-bolt",
        "ChronosPipeline": "chronos-t5",
    }
    return names.get(str(kind), str(kind))


@contextmanager
def _memory_told(count: int) -> Iterator[None]:
    """What torch raises when memory ends, as Retryable."""
    import torch  # noqa: PLC0415 - the extra alone has it

    said = f"the memory does not do for {count} series at a time"
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise Retryable(said) from error
    except RuntimeError as error:
        if "not enough memory" not in str(error):  # how the allocator of a CPU says it
            raise
        raise Retryable(said) from error


def _free_memory(device: str) -> int:
    if device == "cuda":
        import torch  # noqa: PLC0415 - the extra alone has it

        free: int = torch.cuda.mem_get_info()[0]
        return free
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, AttributeError):  # not every system tells
        return _UNTOLD


class ChronosForecaster:
    """A loaded model as a Forecaster; it computes beside the event loop, one call at a time."""

    def __init__(self, model: LoadedModel, *, batch: int = 64) -> None:
        self._model = model
        self._batch = batch
        self._turn = asyncio.Lock()

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast | Broken]:
        """As the port says."""
        del at
        if not series:
            return {}
        async with self._turn:
            paths = await asyncio.to_thread(
                self._model.quantiles, list(series.values()), steps, self._batch
            )
        name, version = self._model.name, self._model.version
        found = {
            pair: Forecast(name, *(tuple(one.tolist()) for one in path.T), version=version)
            for pair, path in zip(series, paths, strict=True)
        }
        return checked(found, series, steps)
