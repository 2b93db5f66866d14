"""A Chronos-2 of a few thousand random weights, built by the library's own classes."""

import warnings
from pathlib import Path

import pytest

WHY_NOT = "torch and chronos-forecasting are not installed (the extra `chronos`)"
QUANTILES = [0.01, *(number / 20 for number in range(1, 20)), 0.99]


def needs_chronos() -> None:
    """Skip here where the library is missing; one thread, or the cores wait on each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = pytest.importorskip("torch", reason=WHY_NOT)
        pytest.importorskip("chronos", reason=WHY_NOT)
    torch.set_num_threads(1)


def tiny_chronos(folder: Path, *, seed: int = 0, ordered: bool = True) -> Path:
    """The folder, with the model saved in it.

    What a random model says is random: its quantiles cross. `ordered` ones lean so far towards
    the order of the levels that they do not.
    """
    needs_chronos()
    import torch
    from chronos.chronos2.config import Chronos2CoreConfig
    from chronos.chronos2.model import Chronos2Model

    torch.manual_seed(seed)
    model = Chronos2Model(
        Chronos2CoreConfig(
            d_model=32,
            d_kv=8,
            d_ff=64,
            num_layers=2,
            num_heads=4,
            feed_forward_proj="relu",
            vocab_size=2,
            pad_token_id=0,
            reg_token_id=1,
            architectures=["Chronos2Model"],
            chronos_pipeline_class="Chronos2Pipeline",
            chronos_config={
                "context_length": 8192,
                "input_patch_size": 16,
                "input_patch_stride": 16,
                "max_output_patches": 64,
                "output_patch_size": 16,
                "quantiles": QUANTILES,
                "time_encoding_scale": 8192,
                "use_arcsinh": True,
                "use_reg_token": True,
            },
        )
    ).eval()
    if ordered:
        lean = torch.linspace(-1.5, 1.5, len(QUANTILES)).repeat_interleave(16)
        last = model.output_patch_embedding
        with torch.no_grad():
            for layer in (last.output_layer, last.residual_layer):
                layer.weight *= 0.01
            last.output_layer.bias.copy_(lean)
            last.residual_layer.bias.zero_()
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    return folder
