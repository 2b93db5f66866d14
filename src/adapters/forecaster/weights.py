"""The files of a model in a folder, and the digest that names them."""

import hashlib
from pathlib import Path
from typing import Final

import attrs

from application.errors import ConfigurationError

MODEL: Final = "amazon/chronos-2"
"""The model's name on the hub."""
CONFIG: Final = "config.json"
WEIGHTS: Final = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_PATTERNS: Final = ("*.json", "*.safetensors", "*.bin", "*.model", "*.txt")
_CHUNK: Final = 1 << 20
SHORT: Final = 12


@attrs.frozen(slots=True, weakref_slot=False)
class Weights:
    """A model's files, sorted by name, and SHA-256 (hex) over their names and contents."""

    folder: Path
    files: tuple[Path, ...]
    digest: str

    @property
    def version(self) -> str:
        """The start of the digest: what a forecast carries."""
        return self.digest[:SHORT]


def weights_in(folder: Path) -> Weights:
    """The model in a folder.

    Raises ConfigurationError, saying what to fetch and where to put it, where there is none.
    """
    has_weights = any((folder / name).is_file() for name in WEIGHTS)
    if not (folder / CONFIG).is_file() or not has_weights:
        missing = WEIGHTS[0] if (folder / CONFIG).is_file() else CONFIG
        raise ConfigurationError(f"{folder}: has no {missing}; {where_to_get(folder)}")
    files = {one for pattern in _PATTERNS for one in folder.glob(pattern) if one.is_file()}
    ordered = tuple(sorted(files, key=lambda one: one.name))
    digest = hashlib.sha256()
    for path in ordered:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return Weights(folder, ordered, digest.hexdigest())


def where_to_get(folder: Path) -> str:
    """What to fetch and where to put it."""
    return (
        f"fetch {CONFIG} and {WEIGHTS[0]} of {MODEL} from its page on the Hugging Face hub and "
        f"put both into {folder}"
    )
