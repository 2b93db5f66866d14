"""What an endpoint of a stage is called and made of; the same makes the same names."""

import hashlib
from pathlib import Path
from typing import Final

import attrs

from adapters.forecaster.weights import Weights
from application.errors import ConfigurationError, InputError
from entrypoints.forecast_endpoint.archive import CODE

MEMORY_MB: Final = 6144
CONCURRENT: Final = 8
QUOTA: Final = 10
"""MaxConcurrency of all serverless endpoints of a region together."""
FOLDER: Final = "chronos-2"
"""Of the archives in the bucket."""
IMAGE: Final = "huggingface-pytorch-inference:2.6.0-transformers4.49.0-cpu-py312-ubuntu22.04"
IMAGES: Final = "763104351884.dkr.ecr.{region}.amazonaws.com"


def image_of(region: str) -> str:
    """The address of AWS's Hugging Face container for a CPU in a region."""
    return f"{IMAGES.format(region=region)}/{IMAGE}"


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Wanted:
    """An endpoint as it is to be; `code` is the folder of the container's code."""

    endpoint: str
    bucket: str
    role: str
    image: str
    weights: Weights
    code: Path
    memory_mb: int = MEMORY_MB
    concurrent: int = CONCURRENT
    quota: int = QUOTA

    def __attrs_post_init__(self) -> None:
        if self.memory_mb not in range(1024, 6145, 1024):
            raise InputError(f"--memory {self.memory_mb}: 1024 to 6144 MB in steps of 1024")
        if not 1 <= self.concurrent <= 200:
            raise InputError(f"--concurrency {self.concurrent}: 1 to 200")

    @property
    def content(self) -> str:
        """A digest (hex) of what the archive is made of."""
        digest = hashlib.sha256(self.weights.digest.encode())
        for name in CODE:
            try:
                digest.update(f"\0{name}\0".encode() + (self.code / name).read_bytes())
            except OSError as error:
                raise ConfigurationError(
                    f"{self.code / name}: {error.strerror}: run this in a checkout, or name the "
                    f"folder of the container's code with --code"
                ) from error
        return digest.hexdigest()

    @property
    def key(self) -> str:
        """Where the archive lies in the bucket."""
        return f"{FOLDER}/{self.content[:16]}/model.tar.gz"

    @property
    def name(self) -> str:
        """Of the model and of the endpoint's configuration."""
        made_of = (self.content, self.image, self.role, self.bucket)
        text = " ".join((*made_of, str(self.memory_mb), str(self.concurrent)))
        return f"{self.endpoint}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
