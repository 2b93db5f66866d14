"""What a module of this program imports, at once or later, without running any of it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import attrs

SOURCE: Final = Path(__file__).parents[2]
OURS: Final = frozenset({"domain", "application", "adapters", "entrypoints"})


@attrs.frozen(slots=True, weakref_slot=False)
class Closure:
    """Files of ours below the source folder, and top-level names of others' packages."""

    files: tuple[Path, ...]
    others: tuple[str, ...]


def closure_of(modules: Iterable[str], source: Path = SOURCE) -> Closure:
    """Everything that modules of ours import. Raises ValueError for one that is not there."""
    files: dict[Path, None] = {}
    others: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        file = _file(module, source)
        if file is None:
            raise ValueError(f"{module} is no module of this program")
        for package in (*_packages(file, source), file):
            if package in files:
                continue
            files[package] = None
            for name in _imported(package):
                top = name.partition(".")[0]
                if top in OURS:
                    waiting.append(_module(name, source))
                elif top not in sys.stdlib_module_names:
                    others.add(top)
    return Closure(tuple(sorted(files)), tuple(sorted(others)))


def _file(module: str, source: Path) -> Path | None:
    path = source.joinpath(*module.split("."))
    for found in (path.with_suffix(".py"), path / "__init__.py"):
        if found.is_file():
            return found
    return None


def _module(name: str, source: Path) -> str:
    """The module of an imported name, which may be something inside it."""
    while _file(name, source) is None and "." in name:
        name = name.rpartition(".")[0]
    return name


def _packages(file: Path, source: Path) -> Iterator[Path]:
    """The packages that are imported before a module of theirs."""
    for folder in file.relative_to(source).parents:
        init = source / folder / "__init__.py"
        if folder != Path() and init.is_file():
            yield init


@cache
def _imported(file: Path) -> tuple[str, ...]:
    """Names that a file imports when it runs, also inside of functions; not for types alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: list[str] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_for_types(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{one.name}" for one in node.names]
        else:
            waiting += ast.iter_child_nodes(node)
    return tuple(found)


def _is_for_types(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
