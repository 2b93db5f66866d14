"""The shape of the source: small files, small functions, said names, and who imports what."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import entrypoints

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
VAGUE = ("util", "helper", "common", "misc", "manager", "base", "shared", "core")
HEAVY = ("pandas", "numpy", "finta", "torch", "bokeh", "dependency_injector", "pydantic")
"""What `crypto-trader --help` must not wait for."""
REAL_TIME = ROOT / "tests" / "kills"
"""Processes that are really killed live in real time."""
FAKING = {"monkeypatch", "MonkeyPatch", "mock", "mocker"}
DOMAIN_MAY_IMPORT = sys.stdlib_module_names | {"attrs", "numpy", "domain"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"no source under {folder}"
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def at(path: Path, node: ast.stmt | ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_a_file_has_at_most_300_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files(SRC)}
    long = {path: lines for path, lines in lengths.items() if lines > 300}
    assert [f"{path.relative_to(ROOT)}: {lines}" for path, lines in long.items()] == []


def test_a_function_is_shorter_than_60_lines() -> None:
    assert [
        f"{at(path, one)} {one.name}: {length}"
        for path in files(SRC)
        for one in functions(path)
        if (length := (one.end_lineno or one.lineno) - one.lineno + 1) >= 60
    ] == []


def test_a_module_says_what_it_is_for() -> None:
    silent = [path for path in files(SRC) if not ast.get_docstring(tree(path))]
    silent = [one for one in silent if one.name != "__init__.py" or one.stat().st_size > 0]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def undocumented(path: Path, body: list[ast.stmt]) -> Iterator[str]:
    """Public functions and classes of a module without a docstring.

    What a method promises may stand on the port that its class implements.
    """
    for node in body:
        if (
            isinstance(node, Function | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ):
            yield f"{at(path, node)} {node.name}"


def test_public_functions_and_classes_have_docstrings() -> None:
    assert [one for path in files(SRC) for one in undocumented(path, tree(path).body)] == []


def test_no_file_or_folder_has_a_vague_name() -> None:
    names = {part for path in files(SRC) for part in path.relative_to(SRC).with_suffix("").parts}
    words = {word for name in names for word in name.lower().split("_")}
    assert sorted(word for word in words if {word, word.removesuffix("s")} & {*VAGUE}) == []


def test_the_domain_imports_numbers_and_values_only() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {', '.join(sorted(foreign))}"
        for path in files(SRC / "domain")
        if (foreign := imported(path) - DOMAIN_MAY_IMPORT)
    ] == []


def test_the_tests_run_the_source_of_this_checkout() -> None:
    assert Path(entrypoints.__file__).is_relative_to(SRC)


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    code = (
        "import sys, entrypoints.cli.main\n"
        f"print(*[one for one in {HEAVY!r} if one in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr


def fakes(module: ast.Module) -> Iterator[str]:
    """Where a test waits by the wall clock, or replaces a part of the program."""
    for node in ast.walk(module):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [ast.unparse(node)]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{one.name}" for one in node.names]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.arg):
            names = [node.arg]
        for name in names:
            if name == "time.sleep" or FAKING & {*name.split(".")}:
                yield name


def test_tests_neither_sleep_nor_patch() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {one}"
        for path in files(ROOT / "tests")
        if REAL_TIME not in path.parents
        for one in fakes(tree(path))
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep",
        "from unittest import mock",
        "from unittest.mock import patch",
        "import unittest.mock",
        "def test(monkeypatch): ...",
        "def test(mocker): ...",
        "import pytest\npytest.MonkeyPatch()",
    ],
)
def test_a_sleep_or_a_patch_would_be_found(text: str) -> None:
    assert list(fakes(ast.parse(text)))
