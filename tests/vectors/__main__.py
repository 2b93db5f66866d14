"""python -m tests.vectors FILE...: check number pairs against the domain's formulas."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.vectors.functions import FUNCTIONS, Check, function_of


class Unreadable(Exception):
    """A file is not a vector file that we know; the text says why."""


def check_files(paths: list[Path]) -> tuple[int, list[str]]:
    """(cases passed, one line for each failed case). Raises Unreadable."""
    passed, failures = 0, []
    for path in paths:
        data = _read(path)
        check = _check_of(path, data)
        for index, case in enumerate(data["cases"]):
            try:
                missed = list(check(case["input"], case["expected"]))
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                # a case that our formula cannot take is a failed case, not the end of the run
                missed = [f"{type(error).__name__}: {error}"]
            if missed:
                failures.append(f"{path.name} case {index}: {'; '.join(missed)}")
            else:
                passed += 1
    return passed, failures


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Unreadable(f"{path}: not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("cases"), list):
        raise Unreadable(f'{path}: no "cases" list')
    return data


def _check_of(path: Path, data: dict[str, Any]) -> Check:
    text = str(data.get("function", ""))
    name = function_of(path.stem, text, next(iter(data["cases"]), None))
    if name is None:
        known = ", ".join(FUNCTIONS)
        raise Unreadable(f"{path}: unknown function {text!r}; the file's name says which: {known}")
    return FUNCTIONS[name]


def main(arguments: list[str]) -> int:
    """Exit status: 0 all passed, 1 a case failed, 2 nothing to check or an unreadable file."""
    if not arguments:
        print("usage: python -m tests.vectors FILE...", file=sys.stderr)
        return 2
    try:
        passed, failures = check_files([Path(one) for one in arguments])
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    for line in failures:
        print(line, file=sys.stderr)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
