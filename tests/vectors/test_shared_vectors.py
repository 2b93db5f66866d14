"""All shared number pairs hold, and the checker says so when one does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectors.__main__ import main
from tests.vectors.functions import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "vectors"
FILES = sorted(SHARED.glob("*.json"))
needs_files = pytest.mark.skipif(not FILES, reason=f"no vector files in {SHARED}")
Capture = pytest.CaptureFixture[str]


def written(folder: Path, name: str, content: object) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def wilson_file(upper: float, **more: str) -> dict[str, object]:
    case = {
        "input": {"wins": 0, "total": 5},
        "expected": {"lower": 0.0, "upper": upper, "width": 0.4345},
    }
    return {"cases": [case], **more}


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_case_of(path: Path, capsys: Capture) -> None:
    status = main([str(path)])
    assert (status, capsys.readouterr().err) == (0, "")


@needs_files
def test_every_function_has_a_file() -> None:
    assert {path.stem for path in FILES} == set(FUNCTIONS)


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("keep", ["function", ""])
def test_a_file_of_another_name_is_known_by(
    path: Path, keep: str, tmp_path: Path, capsys: Capture
) -> None:
    data = json.loads(path.read_text())
    content = {"function": data["function"] if keep else "", "cases": data["cases"]}
    status = main([written(tmp_path, "x.json", content)])
    assert status == 0
    assert capsys.readouterr().out == f"{len(data['cases'])} passed, 0 failed\n"


def test_a_prefix_and_a_suffix_in_the_name_do_not_matter(tmp_path: Path, capsys: Capture) -> None:
    assert main([written(tmp_path, "more_wilson_2.json", wilson_file(0.4345))]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"


def test_a_failed_case_is_named_with_both_values(tmp_path: Path, capsys: Capture) -> None:
    assert main([written(tmp_path, "wilson.json", wilson_file(0.4346))]) == 1
    said = capsys.readouterr()
    assert said.out == "0 passed, 1 failed\n"
    assert said.err == "wilson.json case 0: /upper: want 0.4346, got 0.4345\n"


def test_an_input_that_cannot_be_taken_is_a_failed_case(tmp_path: Path, capsys: Capture) -> None:
    cases = [{"input": {"wins": "x", "total": 5}, "expected": {}}, {"no": "input"}, 7]
    assert main([written(tmp_path, "wilson.json", {"cases": cases})]) == 1
    assert capsys.readouterr().out == "0 passed, 3 failed\n"


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"cases": 1}', '{"cases": [{"input": {"z": 1}, "expected": 0}]}']
)
def test_an_unreadable_or_unknown_file_is_one_clear_line(
    content: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main([written(tmp_path, "x.json", content)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "x.json" in said.err


def test_a_missing_file_and_no_file_are_told(tmp_path: Path, capsys: Capture) -> None:
    assert main([str(tmp_path / "none.json")]) == 2
    assert main([]) == 2
    assert capsys.readouterr().out == ""


def test_the_command_counts_a_right_and_a_wrong_case_and_exits_1(tmp_path: Path) -> None:
    right, wrong = ({"input": {"entry_price": 1000.0}, "expected": one} for one in (
        {"stop_loss": 950.0, "take_profit": 1300.0}, {"stop_loss": 950.1, "take_profit": 1300.0}
    ))  # fmt: skip
    path = written(tmp_path, "entry_levels.json", {"cases": [right, wrong]})
    ran = subprocess.run(
        [sys.executable, "-m", "tests.vectors", path],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "1 passed, 1 failed\n")
    assert ran.stderr.startswith("entry_levels.json case 1: /stop_loss: want 950.1, got 950")
