"""Chronos in this process: what is said when something is missing, and how much fits."""

import ast
from pathlib import Path

import attrs
import numpy as np
import pytest

from adapters.forecaster.chronos_local import load_chronos
from adapters.forecaster.weights import weights_in
from application.errors import ConfigurationError, Retryable
from tests.given.tiny_chronos import needs_chronos, tiny_chronos

SRC = Path(__file__).parents[2] / "src"
SERIES = [np.linspace(100.0, 101.0 + n, 336) for n in range(7)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_chronos(tmp_path_factory.mktemp("tiny"))


def test_one_module_alone_imports_the_library() -> None:
    heavy = {"torch", "chronos", "transformers"}
    found = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if heavy & {name.partition(".")[0] for name in names}:
                found.add(path.relative_to(SRC).as_posix())
    assert found == {"adapters/forecaster/chronos_local.py"}


def test_name_and_version_are_of_the_weights(folder) -> None:
    model = load_chronos(folder, threads=1)
    assert model.name == "chronos-2"
    assert model.version == weights_in(folder).digest[:12]


def test_a_batch_of_any_size_gives_the_same_paths(folder) -> None:
    model = load_chronos(folder, threads=1)
    whole = model.quantiles(SERIES, 12, 7)
    assert whole.shape == (7, 12, 3)
    assert whole.dtype == np.float32
    for batch in (1, 2, 5):
        np.testing.assert_allclose(model.quantiles(SERIES, 12, batch), whole, rtol=1e-5)
    assert model.quantiles([], 12, 4).shape == (0, 12, 3)


def test_the_paths_are_those_of_the_library(folder) -> None:
    import torch

    model = load_chronos(folder, threads=1)
    one = torch.tensor(SERIES[0], dtype=torch.float32)[None, None]
    told, _ = model.pipeline.predict_quantiles(
        one, prediction_length=12, quantile_levels=[0.1, 0.5, 0.9]
    )
    expected = told[0][0].numpy()
    np.testing.assert_allclose(model.quantiles(SERIES[:1], 12, 1)[0], expected, rtol=1e-6)


def test_a_batch_that_fits_is_at_least_one_and_at_most_what_is_wanted(folder) -> None:
    model = load_chronos(folder, threads=1)
    assert model.batch_that_fits(336, 256) == 256
    assert model.batch_that_fits(336, 1) == 1
    assert model.batch_that_fits(10**7, 256) == 1
    short, long = (model.batch_that_fits(count, 10**9) for count in (336, 3_360))
    assert short > 5 * long


def test_memory_that_ends_is_retryable_and_other_failures_are_not(folder) -> None:
    import torch

    model = load_chronos(folder, threads=1)

    class Failing:
        def __init__(self, error) -> None:
            self.error = error

        def predict_quantiles(self, *_, **__):
            raise self.error

    for error in (
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes"),
    ):
        with pytest.raises(Retryable, match="does not do for 7 series"):
            attrs.evolve(model, pipeline=Failing(error)).quantiles(SERIES, 12, 7)
    with pytest.raises(RuntimeError, match="shapes"):
        attrs.evolve(model, pipeline=Failing(RuntimeError("shapes"))).quantiles(SERIES, 12, 7)


@pytest.mark.parametrize("device", ["cuda", "tpu"])
def test_a_device_that_is_not_there_is_named(folder, device) -> None:
    import torch

    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigurationError, match=f"device '?{device}"):
        load_chronos(folder, device=device)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_model_that_is_damaged_is_named(folder, tmp_path, name) -> None:
    for one in weights_in(folder).files:
        (tmp_path / one.name).write_bytes(one.read_bytes())
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ConfigurationError, match=f"{tmp_path}: this model cannot be loaded"):
        load_chronos(tmp_path, threads=1)


def test_a_gpu_gives_what_the_cpu_gives(folder) -> None:
    needs_chronos()
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    here = load_chronos(folder, threads=1).quantiles(SERIES, 12, 7)
    there = load_chronos(folder, device="cuda", threads=1)
    np.testing.assert_allclose(there.quantiles(SERIES, 12, 7), here, rtol=1e-4)
    assert there.batch_that_fits(336, 4096) > 1
