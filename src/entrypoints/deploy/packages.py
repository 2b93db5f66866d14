"""Zips of the functions: of our modules and of others' packages what each one imports, no more.

The same bytes for the same sources. What the runtime of AWS brings along (boto3 and what it
stands on) is left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from application.errors import ConfigurationError
from entrypoints.aws_lambda.all_functions import NAMES, functions, module_of
from entrypoints.deploy.import_closure import SOURCE, closure_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROVIDED: Final = frozenset(
    {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}
)
"""Distributions that every function finds in its runtime."""
TOOLS: Final = "entrypoints.aws_lambda.tools"
REHEARSED: Final = "adapters.clock.shifted"
"""Only packages for this machine hold it."""
RUNTIME: Final = "3.12"
ARM: Final = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", RUNTIME)
"""Where the functions run: arm64, python3.12."""
_PIP_ARM: Final = ("--platform", "manylinux2014_aarch64", "--python-version", RUNTIME)
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT: Final = re.compile(r"(^|/)(tests?|__pycache__)/|\.(pyi|pyx|pxd|c|h|typed)$|/RECORD$")


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Package:
    """One zip: bytes packed and unpacked, and what of others is in it."""

    name: str
    file: Path
    packed: int
    unpacked: int
    others: tuple[str, ...]


def package_all(folder: Path, *, is_for_here: bool = False) -> list[Package]:
    """Write a zip a function into a folder; `is_for_here`: for this machine's own Python.

    Raises ConfigurationError when a package cannot be fetched.
    """
    wanted = {name: _closure(name, [REHEARSED] if is_for_here else []) for name in NAMES}
    others = {name: distributions_of(tops) for name, (_, tops) in wanted.items()}
    installed = folder / ("others-here" if is_for_here else "others-arm64")
    everything = sorted({one for many in others.values() for one in many})
    _install(_pins(everything), installed, is_for_here)
    owned = _owned(installed)
    made = []
    for name, (files, _) in wanted.items():
        path = folder / f"{name}.zip"
        content = dict(_ours(files))
        for one in others[name]:
            content |= {place: installed / place for place in owned[one]}
        made.append(_written(name, path, content, others[name]))
    return made


def _closure(name: str, more: list[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    found = closure_of([module_of(name), TOOLS, *functions()[name].modules, *more])
    return found.files, found.others


def distributions_of(tops: Iterable[str]) -> tuple[str, ...]:
    """Distributions that hold these top-level packages, and what they need in turn.

    Raises ConfigurationError for a package that is not installed.
    """
    holders = metadata.packages_distributions()
    waiting = []
    for top in tops:
        if top not in holders:
            raise ConfigurationError(f"{top} is not installed: run `make setup` first")
        waiting.append(holders[top][0])
    found: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found or name in PROVIDED:
            continue
        found.add(name)
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    return tuple(sorted(found))


def _pins(names: Iterable[str]) -> list[str]:
    """As they are installed here: what is tested is what is shipped."""
    return [f"{name}=={metadata.version(name)}" for name in names]


def _install(pins: list[str], folder: Path, is_for_here: bool) -> None:
    mark = folder / ".installed"
    if mark.is_file() and mark.read_text(encoding="utf-8").split() == pins:
        return
    folder.mkdir(parents=True, exist_ok=True)
    common = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(folder)]
    uv = Path(sys.executable).with_name("uv")
    if uv.is_file():
        python = [] if is_for_here else list(ARM)
        command = [str(uv), "pip", *common, "--python", sys.executable, *python, *pins]
    else:
        python = [] if is_for_here else list(_PIP_ARM)
        command = [sys.executable, "-m", "pip", *common, "--upgrade", *python, *pins]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ConfigurationError(f"packages of the functions cannot be fetched: {reason}")
    mark.write_text("\n".join(pins), encoding="utf-8")


def _owned(folder: Path) -> Mapping[str, list[str]]:
    """Files of each distribution that is installed in a folder."""
    owned = {}
    for one in metadata.distributions(path=[str(folder)]):
        name = canonicalize_name(one.metadata["Name"])
        places = [str(file) for file in one.files or ()]
        owned[name] = [
            place
            for place in places
            if not place.startswith(("..", "bin/")) and not _LEFT_OUT.search(place)
        ]
    return owned


def _ours(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Our modules, and the data files that lie beside them."""
    for file in files:
        yield str(file.relative_to(SOURCE)), file
        for data in file.parent.iterdir():
            if data.suffix == ".toml" and "cost" not in data.parts:
                yield str(data.relative_to(SOURCE)), data


def _written(
    name: str, path: Path, content: Mapping[str, Path], others: tuple[str, ...]
) -> Package:
    partial = path.with_suffix(".partial")
    unpacked = 0
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in sorted(content):
            entry = zipfile.ZipInfo(place, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            data = content[place].read_bytes()
            unpacked += len(data)
            archive.writestr(entry, data)
    partial.replace(path)
    return Package(
        name=name, file=path, packed=path.stat().st_size, unpacked=unpacked, others=others
    )
