"""How long each function runs: assumed by us, or measured by somebody, in one shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
import msgspec

from application.errors import InputError
from entrypoints.cost.price_table import converted, read_toml

FILE: Final = "durations.toml"
ENDPOINT: Final = "endpoint"
"""One call of the forecast endpoint with all coins."""
ENDPOINT_PER_PAIR: Final = "endpoint-per-pair"
"""One call of the forecast endpoint with one coin."""
MEASURED: Final = "measured"


@attrs.frozen(kw_only=True)
class Duration:
    """Mean billed time of a call (ms), and the memory (MB) it was measured with, if told."""

    mean_ms: Annotated[float, msgspec.Meta(gt=0)]
    memory_mb: Annotated[int, msgspec.Meta(gt=0)] | None = None
    how: str = MEASURED

    @property
    def is_assumed(self) -> bool:
        """Whether nobody has measured it."""
        return self.how.startswith("assumed")


@attrs.frozen
class Durations:
    """Durations by the name of a function; `endpoint` and `endpoint-per-pair` are calls of one."""

    by_name: Mapping[str, Duration]

    def of(self, name: str) -> Duration:
        """The duration of a function. Raises InputError when nothing is known of it."""
        found = self.by_name.get(name)
        if found is None:
            raise InputError(
                f"no duration of {name} is known: add [{name}] with mean_ms to a file and give it "
                "with --durations"
            )
        return found

    def seconds(self, name: str) -> float:
        """Mean time of a call (s)."""
        return self.of(name).mean_ms / 1000

    def with_seconds(self, seconds: float, *names: str) -> Durations:
        """The same with other times (s) for the named."""
        other = {
            name: attrs.evolve(self.of(name), mean_ms=seconds * 1000, how="assumed: what if")
            for name in names
        }
        return Durations({**self.by_name, **other})


def load_durations(path: Path | None = None, others: Iterable[str] = ()) -> Durations:
    """Ours, with those of a TOML or JSON file in their place.

    `others` are functions of a template beside ours. Raises InputError that names the file and
    the field, and for a name that nobody knows.
    """
    ours = files("entrypoints.cost") / FILE
    known: dict[str, Duration] = converted(read_toml(ours), dict[str, Duration], ours)
    if path is None:
        return Durations(known)
    given: dict[str, Duration] = converted(_content(path), dict[str, Duration], path)
    names = {**known, **dict.fromkeys(others)}
    for name in given:
        if name not in names:
            raise InputError(f"{path}: {name!r} is no function: choose from {', '.join(names)}")
    return Durations({**known, **given})


def _content(path: Path) -> Any:
    if path.suffix.lower() == ".toml":
        return read_toml(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not JSON (write .toml for TOML): {error}") from None
