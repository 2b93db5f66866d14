"""Packages of the functions: what a module imports, found without running it."""

from pathlib import Path

import pytest

from entrypoints.aws_lambda.all_functions import functions, module_of
from entrypoints.deploy.import_closure import closure_of


def written(folder: Path, **files: str) -> Path:
    """A source folder with modules by name, `__` for a dot."""
    for name, text in files.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.parents:
            if parent == folder:
                break
            (parent / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    return folder


def test_imports_are_followed_also_inside_functions(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        domain__a="import msgspec\nfrom domain.b import thing",
        domain__b="def f():\n    from domain.deep import c\n    import numpy.linalg",
        domain__deep__c="import json",
        domain__never="import pandas",
    )
    found = closure_of(["domain.a"], source)
    names = [str(one.relative_to(source)) for one in found.files]
    assert names == [
        "domain/__init__.py", "domain/a.py", "domain/b.py", "domain/deep/__init__.py",
        "domain/deep/c.py",
    ]  # fmt: skip
    assert found.others == ("msgspec", "numpy")


def test_what_is_imported_for_types_alone_is_left_out(tmp_path: Path) -> None:
    text = (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import pandas\nelse:\n    import attrs"
    )
    assert closure_of(["domain.a"], written(tmp_path, domain__a=text)).others == ("attrs",)


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"domain\.b is no module"):
        closure_of(["domain.b"], written(tmp_path, domain__a=""))


def test_a_function_has_its_plugs_and_not_those_of_others() -> None:
    files = {
        name: {one.stem for one in closure_of([module_of(name), *of.modules]).files}
        for name, of in functions().items()
    }
    assert "sqs" in files["aggregator"]
    assert "sqs" not in files["technical"]
    assert {"signing", "nonces_dynamodb", "dry_run"} <= files["order-executor"]
    assert all("signing" not in of for name, of in files.items() if name != "order-executor")
    assert "feed" in files["news-collector"]
