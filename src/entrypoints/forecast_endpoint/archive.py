"""model.tar.gz: the weights, the container's code and a version, the same bytes every time."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

import attrs

from adapters.forecaster.weights import Weights
from application.errors import ConfigurationError

CODE: Final = ("inference.py", "requirements.txt")
VERSION_FILE: Final = "version.txt"
_LEVEL: Final = 1  # weights hardly get smaller; more would only take longer


@attrs.frozen(slots=True, weakref_slot=False)
class Archive:
    """A finished archive: its file, SHA-256 (hex), size in bytes, and the weights' version."""

    path: Path
    digest: str
    size: int
    version: str


class _Hashing:
    """Writes through to a file and hashes what it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        """As a file does."""
        self.digest.update(content)
        return self._file.write(content)

    def flush(self) -> None:
        """As a file does."""
        self._file.flush()


def build_archive(weights: Weights, code: Path, path: Path) -> Archive:
    """Write the archive to a file, whole or not at all.

    In it stand the model's files, version.txt and code/. Names are sorted, and owners, times and
    modes are the same for all, so that the same content is the same archive. Raises
    ConfigurationError where the code is missing, OSError where the file cannot be written.
    """
    members: dict[str, Path | bytes] = {one.name: one for one in weights.files}
    members[VERSION_FILE] = f"{weights.version}\n".encode()
    for name in CODE:
        if not (code / name).is_file():
            raise ConfigurationError(
                f"{code / name}: the container's code is missing; run this from a checkout or "
                f"name its folder with --code"
            )
        members[f"code/{name}"] = code / name
    partial = path.with_name(f".{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with partial.open("wb") as file:
            hashing = _Hashing(file)
            _write(members, hashing)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Archive(path, hashing.digest.hexdigest(), path.stat().st_size, weights.version)


def _write(members: Mapping[str, Path | bytes], hashing: _Hashing) -> None:
    with (
        gzip.GzipFile(
            filename="",
            mode="wb",
            compresslevel=_LEVEL,
            fileobj=hashing,  # type: ignore[arg-type]
            mtime=0,
        ) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(members):
            content = members[name]
            member = tarfile.TarInfo(name)  # owner 0, time 0 and mode 644 unless told otherwise
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
                continue
            member.size = content.stat().st_size
            with content.open("rb") as file:
                archive.addfile(member, file)
